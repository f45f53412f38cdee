import { isKeelsonError, type KeelsonError } from "@keelson/core";
import type { Outcome } from "./diff.ts";
import { type EmbedTally, newTally } from "./embed.ts";
import type { EmbeddingSettings } from "./embedding-options.ts";
import type { Counts } from "./ledger.ts";

/** A document that could not be written, and is as it was before. */
export interface DocumentFailure {
  readonly id: string;
  /** REDACTION_FAILED, CHUNKING_FAILED, EMBEDDING_FAILED or DOCUMENT_ERASED. */
  readonly error: KeelsonError;
}

/**
 * What a write did, in numbers of documents, so that it is as large for a million as for one. `onProgress` has the ids.
 */
export interface WriteResult {
  /** Documents that the index did not have, or had hidden because they had expired. */
  readonly added: number;
  /** Documents whose chunks or vectors changed. Chunks that did not change kept their vectors. */
  readonly changed: number;
  /** Documents of which only the metadata changed. Their vectors were copied. */
  readonly metadataOnly: number;
  /** Documents of which only the ledger's own facts changed: version, expiry, subjects, the ids of the pipeline. */
  readonly touched: number;
  /** Documents of which nothing changed, and nothing was written. */
  readonly unchanged: number;
  /** Documents that were removed, since a full sync's source has them no more. */
  readonly removed: number;
  /** Documents that were embedded anew as they are, since another embedder had made the index. */
  readonly rebuilt: number;
  /** Documents that could not be written. */
  readonly failed: number;
  /** The first 100 of them, with why. */
  readonly failures: readonly DocumentFailure[];
  /** How many texts were embedded. */
  readonly embeddedChunks: number;
  /** How many tokens they have, as `countTokens` counts. */
  readonly embeddedTokens: number;
  /** What that cost, where `pricePerMillionTokens` is known. */
  readonly costUsd?: number | undefined;
  /** How many things were replaced in the texts and metadata that were read, by type. */
  readonly findings: Counts;
}

const MOST_FAILURES = 100;

/** Adds up what a write does. */
export interface WriteSums {
  readonly tally: EmbedTally;
  readonly findings: Record<string, number>;
  count(outcome: Outcome | "removed" | "rebuilt", documents?: number): void;
  /** `known` says whether the index has it, as it was before. */
  fail(failure: DocumentFailure, known: boolean): void;
  /** How many documents could not be written that the index does not have. */
  absent(): number;
  /** How many documents were added by now. */
  added(): number;
  /** @throws KeelsonError the first failure, where nothing of what was to be written could be. */
  result(embedding: EmbeddingSettings): WriteResult;
}

export function createWriteSums(): WriteSums {
  const counts = { added: 0, changed: 0, metadataOnly: 0, touched: 0, unchanged: 0, removed: 0, rebuilt: 0 };
  const tally = newTally();
  const findings: Record<string, number> = {};
  const failures: DocumentFailure[] = [];
  let failed = 0;
  let absent = 0;
  return {
    tally,
    findings,
    count: (outcome, documents = 1) => {
      counts[outcome] += documents;
    },
    fail: (failure, known) => {
      failed++;
      if (!known) absent++;
      if (failures.length < MOST_FAILURES) failures.push(failure);
    },
    absent: () => absent,
    added: () => counts.added,
    result: (embedding) => {
      const written = counts.added + counts.changed + counts.metadataOnly + counts.touched;
      const [first] = failures;
      if (first !== undefined && written === 0) throw first.error;
      const costUsd = embedding.costUsd(tally.tokens);
      return {
        ...counts,
        failed,
        failures,
        embeddedChunks: tally.texts,
        embeddedTokens: tally.tokens,
        ...(costUsd !== undefined && { costUsd }),
        findings,
      };
    },
  };
}

/** Is it one document's fault, so that the others can be written all the same? */
export function isDocumentFault(error: unknown): error is KeelsonError {
  return isKeelsonError(error, "REDACTION_FAILED") || isKeelsonError(error, "CHUNKING_FAILED");
}
