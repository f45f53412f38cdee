import { createBreather } from "./breather.ts";
import type { CheckOptions } from "./call-options.ts";
import type { IndexContext } from "./context.ts";
import type { DocumentSource } from "./documents.ts";
import { readHead } from "./head.ts";
import { moveToEmbedder } from "./move-to-embedder.ts";
import { withProgress } from "./progress.ts";
import { writeDocuments } from "./write-documents.ts";
import { createWriteSums, type WriteResult } from "./write-result.ts";

/** Writes documents without a lease: each batch compares and sets. */
export async function upsertDocuments(
  context: IndexContext,
  documents: DocumentSource,
  { checkVectors = false, onProgress, signal }: CheckOptions,
): Promise<WriteResult> {
  signal?.throwIfAborted();
  const breather = createBreather(context.clock);
  const sums = createWriteSums();
  if (await canMoveFreely(context, signal))
    await moveToEmbedder(context, { onProgress, sums, breather, signal });
  await withProgress(onProgress, { task: "write" }, (progress) =>
    writeDocuments(context, documents, { renewTtl: true, checkVectors, sums, progress, breather, signal }),
  );
  return sums.result(context.embedding);
}

/** Without a document, an index can have another embedder without a vector to be made. */
async function canMoveFreely(context: IndexContext, signal: AbortSignal | undefined): Promise<boolean> {
  const { live } = (await readHead(context, signal)).head;
  if (context.known.has(live.embedder)) return false;
  const prefix = context.keys.documents(live.number);
  return (await context.state.scan({ prefix, limit: 1, signal })).length === 0;
}
