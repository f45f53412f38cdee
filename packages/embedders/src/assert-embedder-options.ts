import { argumentInvalid } from "@keelson/core";

/**
 * Refuses what cannot be an embedder's id, dimension or batch size, before anything is embedded with it.
 *
 * @throws KeelsonError ARGUMENT_INVALID
 */
export function assertEmbedderOptions(options: {
  readonly id: unknown;
  readonly dimension: unknown;
  readonly maxBatchSize?: unknown;
}): void {
  const { id, dimension, maxBatchSize } = options;
  if (typeof id !== "string" || id === "") throw argumentInvalid("id", "is not a string, or empty");
  if (!isCount(dimension)) throw argumentInvalid("dimension", "is not a whole number of at least 1");
  if (maxBatchSize !== undefined && !isCount(maxBatchSize))
    throw argumentInvalid("maxBatchSize", "is not a whole number of at least 1");
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
