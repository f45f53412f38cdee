import { createExtent } from "./extent.ts";

/** A write or truncation that is not on the medium for sure. */
export interface ContentChange {
  /** When it happened, counted over the whole filesystem. */
  readonly order: number;
  /** What may have become of it when the power goes: nothing first, all of it last. */
  readonly fates: readonly Fate[];
}

/** How much of a change reached the medium: the bytes from `from` to `to`, and the new length if `resized`. */
interface Fate {
  readonly from: number;
  readonly to: number;
  readonly resized: boolean;
}

interface PendingChange extends ContentChange {
  readonly bytes: Uint8Array;
  readonly position: number;
  /** The file's length after it. */
  readonly length: number;
  readonly truncates: boolean;
  // "doomed" by an fsync that failed: a later one that succeeds says nothing of it.
  state: "open" | "synced" | "doomed";
}

/** A file without its names. */
export interface FileNode {
  readonly kind: "file";
  /** Permission bits. */
  mode: number;
  readonly size: number;
  read(length: number, position: number): Uint8Array;
  write(bytes: Uint8Array, position: number, order: number): void;
  truncate(length: number, order: number): void;
  /** Makes this the content, on the medium too. */
  replace(content: Uint8Array): void;
  sync(): void;
  /** Takes note of a sync that failed: the system forgets that these pages are dirty and never writes them. */
  failSync(): void;
  /** What is not on the medium for sure, oldest first. */
  uncertain(): readonly ContentChange[];
  /** The content that a power cut leaves where `fateOf` chooses among the fates of each uncertain change. */
  image(fateOf: (change: ContentChange) => number): Uint8Array;
}

const WHOLE = (length: number): Fate => ({ from: 0, to: length, resized: true });

/** @param content Is on the medium. */
export function createFileNode(sectorBytes: number, content?: Uint8Array, mode = 0o600): FileNode {
  const seen = createExtent(content);
  const medium = createExtent(content);
  let pending: PendingChange[] = [];

  const settle = (state: "synced" | "doomed"): void => {
    for (const change of pending) if (change.state === "open") change.state = state;
    while (pending[0]?.state === "synced") {
      const first = pending.shift() as PendingChange;
      apply(medium, first, WHOLE(first.bytes.length));
    }
  };
  return {
    kind: "file",
    mode,
    get size() {
      return seen.length;
    },
    read: (length, position) => seen.slice(position, position + length),
    write: (bytes, position, order) => {
      const before = seen.length;
      // A Buffer's slice would be the same memory.
      const copy = new Uint8Array(bytes);
      seen.write(copy, position);
      const fates = writeFates(position, copy.length, before, sectorBytes);
      const { length } = seen;
      pending.push({ order, fates, bytes: copy, position, length, truncates: false, state: "open" });
    },
    truncate: (length, order) => {
      seen.resize(length);
      const fates = [{ from: 0, to: 0, resized: false }, WHOLE(0)];
      const bytes = new Uint8Array();
      pending.push({ order, fates, bytes, position: 0, length, truncates: true, state: "open" });
    },
    replace: (content) => {
      pending = [];
      for (const extent of [seen, medium]) {
        extent.resize(0);
        extent.write(content, 0);
      }
    },
    sync: () => settle("synced"),
    failSync: () => settle("doomed"),
    uncertain: () => pending.filter(({ state }) => state !== "synced"),
    image: (fateOf) => {
      const image = createExtent(medium.slice());
      for (const change of pending) {
        const fate = change.state === "synced" ? WHOLE(change.bytes.length) : change.fates[fateOf(change)];
        if (fate !== undefined) apply(image, change, fate);
      }
      return image.slice();
    },
  };
}

function apply(
  extent: ReturnType<typeof createExtent>,
  { bytes, position, length, truncates }: PendingChange,
  { from, to, resized }: Fate,
): void {
  if (truncates) {
    if (resized) extent.resize(length);
    return;
  }
  const end = position + bytes.length;
  if (resized && extent.length < end) extent.resize(end);
  if (to > from) extent.write(bytes.subarray(from, to), position + from);
}

/**
 * A sector is written whole or not at all; those of one write reach the medium in any order, and apart from the file's
 * new length. Of a write over many sectors the cuts behind the first and before the last stand for all.
 */
function writeFates(position: number, length: number, before: number, sectorBytes: number): Fate[] {
  const first = sectorBytes - (position % sectorBytes);
  const last = length - (((position + length - 1) % sectorBytes) + 1);
  const cuts = [...new Set([first, last])].filter((cut) => cut > 0 && cut < length);
  return [
    { from: 0, to: 0, resized: false },
    ...(position + length > before ? [{ from: 0, to: 0, resized: true }] : []),
    ...cuts.flatMap((cut) => [
      { from: 0, to: cut, resized: false },
      { from: 0, to: cut, resized: true },
      { from: cut, to: length, resized: true },
    ]),
    WHOLE(length),
  ];
}
