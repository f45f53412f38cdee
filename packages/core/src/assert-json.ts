import { KeelsonError } from "./keelson-error.ts";
import type { Json } from "./shared-types.ts";

const DEEPEST = 256;

/**
 * Refuses what JSON cannot say and would silently change or drop: `undefined`, NaN, infinities, functions, dates and
 * other class instances, cycles. Nested to a depth of 256 at the most.
 *
 * @throws {@link KeelsonError} VALUE_INVALID with the path to the fault.
 */
export function assertJson(value: unknown): asserts value is Json {
  walk(value, [], false);
}

/**
 * A deeply frozen copy of a value, equal to what JSON text would keep of it: -0 becomes 0. It is what a store keeps of
 * what it is given.
 *
 * @throws {@link KeelsonError} VALUE_INVALID with the path to the fault, where {@link assertJson} refuses the value.
 */
export function ownJson(value: unknown): Json {
  return walk(value, [], true);
}

/** Checks a value, and gives back that or a copy. One path is pushed and popped: one a node would cost more than all else. */
function walk(value: unknown, path: (string | number)[], copies: boolean): Json {
  if (isPlain(value)) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value + 0;
    throw invalid(path, "not a finite number");
  }
  if (typeof value !== "object") throw invalid(path, `of type ${typeof value}`);
  // A cycle ends here too.
  if (path.length >= DEEPEST) throw invalid(path, `nested deeper than ${DEEPEST}`);
  if (Array.isArray(value)) {
    // A list that grows takes room for seventeen.
    const copy = copies ? new Array<Json>(value.length) : undefined;
    for (let i = 0; i < value.length; i++) {
      const part = walkPart(value[i], i, path, copies);
      if (copy !== undefined) copy[i] = part;
    }
    return copy === undefined ? value : Object.freeze(copy);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has a prototype too, which itself has none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw invalid(path, "a class instance");
  const copy: Record<string, Json> | undefined = copies ? {} : undefined;
  // Several times as fast as a list of the keys.
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const part = walkPart((value as Record<string, unknown>)[key], key, path, copies);
    if (copy !== undefined) put(copy, key, part);
  }
  return copy === undefined ? (value as Json) : Object.freeze(copy);
}

/** What stands at a place of a list or an object. The place only matters where something can be wrong. */
function walkPart(value: unknown, place: string | number, path: (string | number)[], copies: boolean): Json {
  if (isPlain(value)) return value;
  path.push(place);
  const part = walk(value, path, copies);
  path.pop();
  return part;
}

/** Is it JSON as it stands? */
function isPlain(value: unknown): value is string | boolean | null {
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function put(object: Record<string, Json>, key: string, value: Json): void {
  if (key !== "__proto__") object[key] = value;
  // A plain assignment would set the prototype.
  else Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function invalid(path: readonly (string | number)[], reason: string): KeelsonError<"VALUE_INVALID"> {
  const place = path.length === 0 ? "the value" : `the value at depth ${path.length}`;
  return new KeelsonError("VALUE_INVALID", `${place} is not JSON: ${reason}`, {
    details: { path: [...path], reason },
  });
}
