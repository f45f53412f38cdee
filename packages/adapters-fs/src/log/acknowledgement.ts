import { checksum } from "../codec/checksum.ts";
import { readUint64, writeUint64 } from "../codec/uint64.ts";
import { createWhole, readWhole, writeAll } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { corrupt } from "../store-error.ts";
import type { LogPosition } from "./log-position.ts";

/**
 * How much of the log is acknowledged, kept apart from it: this tells damage to the last frame from a write that was
 * torn, since only what nobody was promised may be cut.
 *
 * It is written after every fsync of the log, right after those are told who wait for it, and not synced itself, which
 * would double the cost of a write. So the end of the process may cost it the last write, a power cut those of the
 * seconds that the system takes to write it back; it may lag, and never runs ahead.
 */
export interface Acknowledgement {
  /** Records that the log is on stable storage up to there. */
  write(position: LogPosition): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

// Two slots, in sectors of their own, written in turn: a torn write leaves the other.
const SLOT_BYTES = 56;
const SLOT_PLACES = [0, 512] as const;
const FILE_BYTES = 512 + SLOT_BYTES;
const MAGIC = Buffer.from("KLA\n", "latin1");
const CHECKSUM_AT = SLOT_BYTES - 4;

interface Slot {
  readonly storeId: Uint8Array;
  readonly count: number;
  readonly position: LogPosition;
}

/** Makes the file of a new store, whole and synced. */
export async function createAcknowledgement(
  fileSystem: FileSystem,
  layout: Layout,
  storeId: Uint8Array,
  position: LogPosition,
): Promise<void> {
  const bytes = Buffer.alloc(FILE_BYTES);
  for (const [count, place] of SLOT_PLACES.entries())
    fillSlot(bytes.subarray(place, place + SLOT_BYTES), { storeId, count, position });
  const temporary = layout.newTemporary();
  await createWhole(fileSystem, temporary, bytes);
  await fileSystem.rename(temporary, layout.acknowledged);
  await fileSystem.syncDirectory(layout.root);
}

/**
 * Reads how much was acknowledged; `undefined` where there is no such file.
 *
 * @throws KeelsonError STORE_CORRUPT when neither slot is whole.
 */
export async function readAcknowledgement(fileSystem: FileSystem, layout: Layout): Promise<Slot | undefined> {
  const bytes = await readWhole(fileSystem, layout.acknowledged);
  if (bytes === undefined) return undefined;
  const slots = SLOT_PLACES.flatMap((place) => decodeSlot(bytes.subarray(place, place + SLOT_BYTES)) ?? []);
  const newest = slots.sort((a, b) => b.count - a.count)[0];
  if (newest === undefined)
    throw corrupt(layout.acknowledged, 0, bytes.length, "neither slot matches its checksum");
  return newest;
}

/** Opens the file for writing. @param last What {@link readAcknowledgement} gave. */
export async function openAcknowledgement(
  fileSystem: FileSystem,
  layout: Layout,
  last: Slot,
): Promise<Acknowledgement> {
  const file: OpenFile = await fileSystem.open(layout.acknowledged, "write");
  const { storeId } = last;
  const slot = Buffer.alloc(SLOT_BYTES);
  let { count } = last;
  return {
    write: async (position) => {
      count++;
      fillSlot(slot, { storeId, count, position });
      await writeAll(file, slot, SLOT_PLACES[count % 2] as number);
    },
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

// magic 0..4 | store id 4..20 | count 20..28 | segment 28 | end 32..40 | sequence 40..48 | the log's checksum there 48
// | CRC-32 of all before it 52.
function fillSlot(bytes: Buffer, { storeId, count, position }: Slot): void {
  MAGIC.copy(bytes, 0);
  bytes.set(storeId, 4);
  writeUint64(bytes, count, 20);
  bytes.writeUInt32LE(position.segment, 28);
  writeUint64(bytes, position.end, 32);
  writeUint64(bytes, position.sequence, 40);
  bytes.writeUInt32LE(position.checksum, 48);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
}

function decodeSlot(slot: Uint8Array): Slot | undefined {
  const bytes = Buffer.from(slot.buffer, slot.byteOffset, slot.length);
  if (bytes.length < SLOT_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  if (checksum(bytes.subarray(0, CHECKSUM_AT)) !== bytes.readUInt32LE(CHECKSUM_AT)) return undefined;
  return {
    storeId: new Uint8Array(bytes.subarray(4, 20)),
    count: readUint64(bytes, 20),
    position: {
      segment: bytes.readUInt32LE(28),
      end: readUint64(bytes, 32),
      sequence: readUint64(bytes, 40),
      checksum: bytes.readUInt32LE(48),
    },
  };
}
