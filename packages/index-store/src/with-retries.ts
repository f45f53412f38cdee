import { isKeelsonError, KeelsonError } from "@keelson/core";

const MOST_ATTEMPTS = 32;

/**
 * Runs a read-decide-commit until no other writer comes between. Each round somebody's commit succeeds, so a few
 * rounds are enough for as many writers.
 *
 * @param documentId Whom to name when the conflict is not about one document.
 * @throws KeelsonError DOCUMENT_CONFLICT after 32 rounds.
 */
export async function withRetries<T>(
  documentId: string,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  let contested = documentId;
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
      contested = /\/g\/\d+\/doc\/(.*)$/su.exec(error.details.key)?.[1] ?? contested;
    }
  }
  throw new KeelsonError("DOCUMENT_CONFLICT", `the document ${contested} was changed again and again`, {
    details: { documentId: contested, attempts: MOST_ATTEMPTS },
  });
}
