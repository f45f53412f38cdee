import type { Json, JsonObject } from "@keelson/core";

/** Do two values say the same, whatever the order of their keys? */
export function jsonEquals(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((element, i) => jsonEquals(element, b[i]));
  }
  const [left, right] = [a as JsonObject, b as JsonObject];
  // Several times as fast as lists of the keys.
  let more = 0;
  for (const name in left) {
    if (!Object.hasOwn(left, name)) continue;
    if (!Object.hasOwn(right, name) || !jsonEquals(left[name], right[name])) return false;
    more++;
  }
  for (const name in right) if (Object.hasOwn(right, name)) more--;
  return more === 0;
}
