import type { Json, JsonObject } from "@keelson/core";

/** A frozen copy that is deeply the store's own, equal to what JSON text would keep: -0 becomes 0. */
export function freezeJson<T extends Json>(value: T): T {
  return copy(value, Object.freeze) as T;
}

/** A copy that its reader may change. */
export function copyJson<T extends Json>(value: T): T {
  return copy(value, (part) => part) as T;
}

function copy(value: Json, finish: (part: Json) => Json): Json {
  if (typeof value === "number") return value + 0;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return finish(value.map((part) => copy(part, finish)));
  const object: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value as JsonObject)) {
    const copied = copy(part, finish);
    if (key === "__proto__") {
      // A plain assignment would set the prototype.
      Object.defineProperty(object, key, {
        value: copied,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else {
      object[key] = copied;
    }
  }
  return finish(object);
}
