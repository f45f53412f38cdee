import { assertSpecVersion, type Embedder } from "@keelson/core";
import { invalid } from "./documents.ts";

/**
 * Refuses what no embedder can say of itself.
 *
 * @throws KeelsonError SPEC_VERSION_UNSUPPORTED or ARGUMENT_INVALID
 */
export function assertEmbedder(embedder: Embedder): void {
  assertSpecVersion(embedder, "Embedder");
  const { id, dimension, maxBatchSize = 1 } = embedder;
  if (typeof id !== "string" || id === "") throw invalid("embedder.id", "no name");
  for (const [name, value] of Object.entries({ dimension, maxBatchSize }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw invalid(`embedder.${name}`, "not a whole number of at least 1");
}
