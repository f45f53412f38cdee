import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

// Written from docs/guides/fs-format.md and nothing else: it shares no line with what writes stores, so that the page
// can't be wrong unnoticed. It reads whole stores, and checks all that the page says.

/** Content as the second reader finds it. */
export interface SecondReading {
  readonly collections: Record<
    string,
    { dimension: number; metric: string; records: Record<string, unknown> }
  >;
  readonly entries: Record<string, { value: unknown; revision: number }>;
  readonly secrets: Record<string, { sealed: string; revision: number }>;
  readonly blobs: Record<string, number[]>;
  readonly revision: number;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not as the page says: ${what}`);
}

class Cursor {
  at = 0;
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  take(count: number): Buffer {
    check(this.at + count <= this.bytes.length, "long enough");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  u8 = (): number => this.take(1).readUInt8();
  u32 = (): number => this.take(4).readUInt32LE();
  f64 = (): number => this.take(8).readDoubleLE();
  f32s = (count: number): number[] => Array.from({ length: count }, () => this.take(4).readFloatLE());
  string(): string {
    const encoding = this.u8() === 0 ? "utf8" : "utf16le";
    return this.take(this.u32()).toString(encoding);
  }
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.u32() }, read);
  }
  column(count: number): (string | undefined)[] {
    const lengths = Array.from({ length: count }, () => this.u32());
    return lengths.map((length) => {
      if (length === 0xffffffff) return undefined;
      const wide = length >= 0x80000000;
      return this.take(wide ? length - 0x80000000 : length).toString(wide ? "utf16le" : "utf8");
    });
  }
}

const METRICS = ["cosine", "dot", "euclidean"];
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

interface Frame {
  readonly payload: Cursor;
  readonly start: number;
  readonly end: number;
  readonly sequence: number;
  readonly checksum: number;
}

function* framesOf(
  file: Buffer,
  start: number,
  end: number,
  id: Buffer,
  before: { sequence: number; checksum: number },
  newest = false,
): Generator<Frame> {
  let { sequence, checksum } = before;
  for (let at = start; at < end; ) {
    if (newest && file.subarray(at, end).every((byte) => byte === 0)) return;
    const head = file.subarray(at, at + 28);
    check(head.subarray(0, 4).toString() === "KLF\n", "a frame's magic");
    const stop = at + 28 + head.readUInt32LE(4);
    check(stop <= end, "a frame ends within its file");
    check(Number(head.readBigUInt64LE(8)) === sequence + 1, "sequence");
    check(head.readUInt32LE(16) === checksum, "the frame before");
    check(crc32(file.subarray(at + 28, stop)) === head.readUInt32LE(20), "payload");
    check(crc32(head.subarray(0, 24), crc32(id)) === head.readUInt32LE(24), "frame");
    sequence++;
    checksum = head.readUInt32LE(24);
    yield { payload: new Cursor(file.subarray(at + 28, stop)), start: at, end: stop, sequence, checksum };
    at = stop;
  }
}

/** @param files By their paths in the store's directory. */
export function readStore(files: ReadonlyMap<string, Uint8Array>): SecondReading {
  const file = (path: string): Buffer => Buffer.from(files.get(path) ?? []);
  const content = {
    collections: Object.create(null) as SecondReading["collections"],
    entries: Object.create(null) as SecondReading["entries"],
    secrets: Object.create(null) as SecondReading["secrets"],
    blobs: Object.create(null) as SecondReading["blobs"],
    revision: 0,
  };
  const record = (vector: number[], text?: string, json?: string): unknown => ({
    vector,
    ...(text !== undefined && { text }),
    ...(json !== undefined && { metadata: JSON.parse(json) as unknown }),
  });

  // acknowledged
  const slots = [0, 512].map((at) => file("acknowledged").subarray(at, at + 56));
  const whole = slots.filter(
    (slot) =>
      slot.subarray(0, 4).toString() === "KLA\n" && crc32(slot.subarray(0, 52)) === slot.readUInt32LE(52),
  );
  const newest = whole.sort((a, b) => Number(b.readBigUInt64LE(20) - a.readBigUInt64LE(20)))[0] as Buffer;
  const id = newest.subarray(4, 20);
  let promised = {
    segment: newest.readUInt32LE(28),
    end: Number(newest.readBigUInt64LE(32)),
    sequence: Number(newest.readBigUInt64LE(40)),
    checksum: newest.readUInt32LE(48),
  };

  // checkpoint
  let first = 1;
  let before = { sequence: 0, checksum: 0 };
  let through = 0;
  const checkpoint = file("checkpoint");
  if (checkpoint.length > 0) {
    check(checkpoint.subarray(0, 8).toString() === "KEELCKP\n", "the checkpoint's magic");
    check(checkpoint.readUInt32LE(8) === 1, "the checkpoint's format");
    check(checkpoint.subarray(16, 32).equals(id), "the checkpoint's store");
    check(crc32(checkpoint.subarray(0, 60)) === checkpoint.readUInt32LE(60), "the checkpoint's header");
    first = checkpoint.readUInt32LE(12);
    before = { sequence: Number(checkpoint.readBigUInt64LE(32)), checksum: checkpoint.readUInt32LE(40) };
    const start = { sequence: 0, checksum: checkpoint.readUInt32LE(60) };
    let pending: [string, [string, string | undefined][]] | undefined;
    let vectors: number[][] | undefined;
    let ended = false;
    for (const { payload, start: at } of framesOf(checkpoint, 64, checkpoint.length, id, start)) {
      check(!ended, "the end stands last");
      const kind = payload.u32();
      if (kind === 1) {
        const name = payload.string();
        const dimension = payload.f64();
        const metric = METRICS[payload.u8()] ?? "";
        payload.u32();
        content.collections[name] = { dimension, metric, records: Object.create(null) };
      } else if (kind === 2) {
        const name = payload.string();
        const count = payload.u32();
        const [ids, metadata] = [payload.column(count), payload.column(count)];
        check(ids.join() === [...ids].sort().join(), "ids ascend");
        pending = [name, ids.map((each, i) => [each as string, metadata[i]])];
      } else if (kind === 3) {
        const [name, rows] = pending as NonNullable<typeof pending>;
        const { dimension } = content.collections[name] as SecondReading["collections"][string];
        vectors = rows.map(() => payload.f32s(dimension));
      } else if (kind === 4) {
        const [name, rows] = pending as NonNullable<typeof pending>;
        const { records } = content.collections[name] as SecondReading["collections"][string];
        check(payload.u32() === rows.length, "a text for each record");
        const texts = payload.column(rows.length);
        for (const [i, [each, json]] of rows.entries())
          records[each] = record((vectors as number[][])[i] as number[], texts[i], json);
        [pending, vectors] = [undefined, undefined];
      } else if (kind === 5 || kind === 6) {
        const count = payload.u32();
        const revisions = Array.from({ length: count }, () => payload.f64());
        const [keys, values] = [payload.column(count), payload.column(count)];
        for (const [i, key] of keys.entries()) {
          const [value, revision] = [values[i] as string, revisions[i] as number];
          if (kind === 5) content.entries[key as string] = { value: JSON.parse(value), revision };
          else content.secrets[key as string] = { sealed: value, revision };
        }
      } else if (kind === 7) {
        content.revision = payload.f64();
      } else {
        check(kind === 8, "a kind of block");
        const [segment, end, sequence, checksum] = [
          payload.u32(),
          payload.f64(),
          payload.f64(),
          payload.u32(),
        ];
        check(payload.take(32).equals(sha256(checkpoint.subarray(0, at))), "the checkpoint's SHA-256");
        through = sequence;
        ended = true;
        const later = segment === promised.segment ? end > promised.end : segment > promised.segment;
        if (later) promised = { segment, end, sequence, checksum };
      }
      check(payload.at === payload.bytes.length, "a block ends with its payload");
    }
    check(ended, "there is an end");
    check(pending === undefined, "vectors and texts behind records");
  }

  // log
  const name = (number: number): string => `log/${String(number).padStart(10, "0")}.log`;
  let reached = false;
  for (let number = first; files.has(name(number)); number++) {
    const segment = file(name(number));
    if (segment.length <= 96 && number > promised.segment && !files.has(name(number + 1))) break;
    check(segment.subarray(0, 8).toString() === "KEELSON\n", "a segment's magic");
    check(segment.readUInt32LE(8) === 1, "a segment's format");
    check(segment.readUInt32LE(12) === number, "a segment's number");
    check(segment.subarray(16, 32).equals(id), "a segment's store");
    check(Number(segment.readBigUInt64LE(32)) === before.sequence + 1, "a segment's first frame");
    check(crc32(segment.subarray(0, 92)) === segment.readUInt32LE(92), "a segment's header");
    if (number === first && checkpoint.length > 0)
      check(segment.readUInt32LE(92) === before.checksum, "the checkpoint's segment");
    else check(segment.readUInt32LE(48) === before.checksum, "the segment before");
    const following = file(name(number + 1));
    const end = following.length > 0 ? Number(following.readBigUInt64LE(40)) : segment.length;
    if (following.length > 0)
      check(following.subarray(56, 88).equals(sha256(segment.subarray(0, end))), "a segment's SHA-256");

    before = { sequence: before.sequence, checksum: segment.readUInt32LE(92) };
    const arrive = (at: number): void => {
      if (number !== promised.segment || at !== promised.end) return;
      reached = before.sequence === promised.sequence && before.checksum === promised.checksum;
    };
    arrive(96);
    for (const frame of framesOf(segment, 96, end, id, before, following.length === 0)) {
      const { payload, sequence, checksum } = frame;
      while (payload.at < payload.bytes.length) applyOp(payload, sequence <= through);
      before = { sequence, checksum };
      arrive(frame.end);
    }
  }
  check(reached, "what was acknowledged is there");

  // blobs
  for (const path of files.keys()) {
    if (!path.startsWith("blobs/")) continue;
    const blob = file(path);
    check(blob.subarray(0, 4).toString() === "KLB\n" && blob.readUInt32LE(4) === 1, "a blob's magic");
    const end = 52 + blob.readUInt32LE(8);
    const key = blob.subarray(52, end);
    const hex = sha256(key).toString("hex");
    check(path === `blobs/${hex.slice(0, 2)}/${hex.slice(2)}`, "a blob's name");
    check(crc32(blob.subarray(0, end)) === blob.readUInt32LE(end), "a blob's header");
    const bytes = blob.subarray(end + 4);
    check(Number(blob.readBigUInt64LE(12)) === bytes.length, "a blob's length");
    check(blob.subarray(20, 52).equals(sha256(bytes)), "a blob's SHA-256");
    content.blobs[key.toString()] = [...bytes];
  }
  return content;

  function applyOp(payload: Cursor, lenient: boolean): void {
    const kind = payload.u8();
    if (kind === 0) {
      const collection = payload.string();
      const dimension = payload.f64();
      const metric = METRICS[payload.u8()] ?? "";
      content.collections[collection] = { dimension, metric, records: Object.create(null) };
    } else if (kind === 1) {
      delete content.collections[payload.string()];
    } else if (kind === 2) {
      const collection = content.collections[payload.string()];
      payload.list(() => {
        const each = payload.string();
        const vector = payload.f32s(payload.u32());
        const parts = payload.u8();
        const text = parts & 1 ? payload.string() : undefined;
        const json = parts & 2 ? payload.string() : undefined;
        if (collection?.dimension === vector.length) collection.records[each] = record(vector, text, json);
        else check(lenient, "an upsert's collection");
      });
    } else if (kind === 3) {
      const collection = content.collections[payload.string()];
      check(collection !== undefined || lenient, "a delete's collection");
      payload.list(() => delete collection?.records[payload.string()]);
    } else if (kind === 4) {
      content.revision = payload.f64();
      payload.list(() => {
        const key = payload.string();
        if (payload.u8() === 0) delete content.entries[key];
        else content.entries[key] = { value: JSON.parse(payload.string()), revision: content.revision };
      });
    } else if (kind === 5) {
      const secret = payload.string();
      content.revision = payload.f64();
      content.secrets[secret] = { sealed: payload.string(), revision: content.revision };
    } else {
      check(kind === 6, "a kind of op");
      delete content.secrets[payload.string()];
    }
  }
}
