import { readWhole, removeIfThere } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import { type Layout, segmentNumber } from "../layout.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";

/** The segments' numbers, ascending. */
export async function listSegments(fileSystem: FileSystem, layout: Layout): Promise<number[]> {
  const names = await fileSystem.list(layout.log);
  return names.flatMap((name) => segmentNumber(name) ?? []).sort((a, b) => a - b);
}

/** Removes the segments that a checkpoint has taken the place of. */
export async function removeSegmentsBefore(
  fileSystem: FileSystem,
  layout: Layout,
  number: number,
): Promise<void> {
  const old = (await listSegments(fileSystem, layout)).filter((each) => each < number);
  if (old.length === 0) return;
  for (const each of old) await removeIfThere(fileSystem, layout.segment(each));
  await fileSystem.syncDirectory(layout.log);
}

/** Does a segment hold no more than its header, if that? */
export async function isBare(fileSystem: FileSystem, layout: Layout, number: number): Promise<boolean> {
  const bytes = await readWhole(fileSystem, layout.segment(number));
  return bytes !== undefined && bytes.length <= SEGMENT_HEADER_BYTES;
}
