import { KeelsonError } from "./keelson-error.ts";

/**
 * Refuses a vector that does not fit.
 *
 * @param id The record it belongs to, for the error.
 * @throws {@link KeelsonError} VECTOR_DIMENSION_MISMATCH when its length is not `dimension`.
 * @throws {@link KeelsonError} VECTOR_NOT_FINITE when it holds NaN or an infinity.
 */
export function assertVector(vector: Float32Array, dimension: number, id?: string): void {
  const whose = id === undefined ? "the vector" : `the vector of ${id}`;
  if (vector.length !== dimension) {
    throw new KeelsonError(
      "VECTOR_DIMENSION_MISMATCH",
      `${whose} has dimension ${vector.length}, expected ${dimension}`,
      { details: { expected: dimension, actual: vector.length, id } },
    );
  }
  if (isFiniteVector(vector)) return;
  const position = vector.findIndex((number) => !Number.isFinite(number));
  throw new KeelsonError("VECTOR_NOT_FINITE", `${whose} is not finite at position ${position}`, {
    details: { position, id },
  });
}

/** Whether a vector holds neither NaN nor an infinity. */
export function isFiniteVector(vector: Float32Array): boolean {
  // This runs over every number that is ever stored. Nothing but an infinity or NaN makes a sum another than 0, and four
  // that do not wait for each other take half as long as one.
  const { length } = vector;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    a += (vector[i] as number) * 0;
    b += (vector[i + 1] as number) * 0;
    c += (vector[i + 2] as number) * 0;
    d += (vector[i + 3] as number) * 0;
  }
  for (; i < length; i++) a += (vector[i] as number) * 0;
  return a + b + c + d === 0;
}

/**
 * Refuses a `topK` that is not a whole number of at least 1.
 *
 * @throws {@link KeelsonError} TOP_K_INVALID
 */
export function assertTopK(topK: number): void {
  if (Number.isSafeInteger(topK) && topK >= 1) return;
  throw new KeelsonError("TOP_K_INVALID", `topK is ${topK}, expected a whole number of at least 1`, {
    details: { topK },
  });
}
