import type { Json, JsonObject } from "@keelson/core";

/** Freezes deeply, in its place, what nobody else has: what was just parsed. */
export function freezeJson<T extends Json>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freezeJson(part);
  return Object.freeze(value);
}

/** A copy of what is the store's own, for a reader who may change it. */
export function copyJson<T extends Json>(value: T): T {
  return copy(value) as T;
}

function copy(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  // A spread keeps a key that is called __proto__, and assigning to a key of its own is no way to the prototype.
  const object: Record<string, Json> = { ...(value as JsonObject) };
  for (const [key, part] of Object.entries(object)) if (typeof part === "object") object[key] = copy(part);
  return object;
}
