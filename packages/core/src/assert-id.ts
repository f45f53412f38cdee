import { KeelsonError } from "./keelson-error.ts";

const LONGEST_ID = 1024;

/**
 * Refuses what cannot be the id of a record or document.
 *
 * @throws {@link KeelsonError} ID_INVALID when it is not 1 to 1,024 UTF-16 code units of well-formed Unicode.
 */
export function assertId(id: unknown): asserts id is string {
  const reason = fault(id, LONGEST_ID);
  if (reason !== undefined) throw new KeelsonError("ID_INVALID", `the id ${reason}`, { details: { reason } });
}

/**
 * Refuses ids of which one is invalid or two are equal.
 *
 * @throws {@link KeelsonError} ID_INVALID when one cannot be an id.
 * @throws {@link KeelsonError} ID_DUPLICATE when one stands twice.
 */
export function assertUniqueIds(ids: Iterable<unknown>): void {
  const seen = new Set<string>();
  for (const id of ids) {
    assertId(id);
    if (seen.has(id))
      throw new KeelsonError("ID_DUPLICATE", `the id ${id} stands twice`, { details: { id } });
    seen.add(id);
  }
}

/**
 * Refuses what cannot be a key or name.
 *
 * @param longest The most UTF-16 code units it may have: 4,096 for state keys, 1,024 for blob keys, 256 for the
 * names of collections, indexes, releases and secrets.
 * @throws {@link KeelsonError} KEY_INVALID when it is empty, longer, or not well-formed Unicode.
 */
export function assertKey(key: unknown, longest: number): asserts key is string {
  const reason = fault(key, longest);
  if (reason !== undefined)
    throw new KeelsonError("KEY_INVALID", `the key ${reason}`, { details: { reason } });
}

function fault(id: unknown, longest: number): string | undefined {
  if (typeof id !== "string") return "is not a string";
  if (id === "") return "is empty";
  if (id.length > longest) return `is longer than ${longest} UTF-16 code units`;
  if (!id.isWellFormed()) return "is not well-formed Unicode";
  return undefined;
}
