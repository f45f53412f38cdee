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
  check(value, []);
}

// One path for the whole walk, pushed and popped: a copy a node would cost more than the check.
function check(value: unknown, path: (string | number)[]): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return;
    throw invalid(path, "not a finite number");
  }
  if (typeof value !== "object") throw invalid(path, `of type ${typeof value}`);
  // A cycle ends here too.
  if (path.length >= DEEPEST) throw invalid(path, `nested deeper than ${DEEPEST}`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkPart(value[i], path, i);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has a prototype too, which itself has none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw invalid(path, "a class instance");
  for (const key of Object.keys(value)) checkPart((value as Record<string, unknown>)[key], path, key);
}

function checkPart(value: unknown, path: (string | number)[], step: string | number): void {
  path.push(step);
  check(value, path);
  path.pop();
}

function invalid(path: readonly (string | number)[], reason: string): KeelsonError<"VALUE_INVALID"> {
  const place = path.length === 0 ? "the value" : `the value at depth ${path.length}`;
  return new KeelsonError("VALUE_INVALID", `${place} is not JSON: ${reason}`, {
    details: { path: [...path], reason },
  });
}
