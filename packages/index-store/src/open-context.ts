import { randomBytes } from "node:crypto";
import { assertKey, assertObject, assertSpecVersion, KeelsonError, systemClock } from "@keelson/core";
import { assertEmbedder } from "./assert-embedder.ts";
import type { IndexContext } from "./context.ts";
import { invalid } from "./documents.ts";
import { embeddingSettings } from "./embedding-options.ts";
import { goOnErasing } from "./erase/erase-documents.ts";
import { abandonGeneration, dropStrays } from "./generations.ts";
import { openHead } from "./head.ts";
import type { IndexOptions } from "./index-options.ts";
import { recoverIntents } from "./intents.ts";
import { createKeys } from "./keys.ts";
import { isHeld } from "./lease.ts";
import { wholeDocument } from "./prepare.ts";
import { createRecordsOf } from "./records-of.ts";
import { noRedaction } from "./redact.ts";
import { dropScratches, listScratches } from "./snapshot/scratch.ts";
import { createTurns } from "./turns.ts";

const LONGEST_NAME = 200;
const DEFAULT_LEASE_MS = 30_000;
const SHORTEST_KEY = 16;

/** Checks the options, makes the index where there is none, and clears up what a crash has left. */
export async function openContext(options: IndexOptions): Promise<IndexContext> {
  assertObject(options);
  const { metric, signal } = options;
  signal?.throwIfAborted();
  const context = createContext(options);
  const { head } = await openHead(context, metric, signal);
  const { live, building } = head;
  const collection = context.keys.collection(live.number);
  if (metric !== undefined && metric !== live.metric) throw mismatch(collection, metric, live.metric);
  if (live.embedder === context.embedder.id && live.dimension !== context.embedder.dimension)
    throw mismatch(collection, String(context.embedder.dimension), String(live.dimension));

  // A restore cannot go on, a migration can. One that is somebody's is left alone.
  if (building?.purpose === "restore" && !(await isHeld(context, "build", signal)))
    await abandonGeneration(context, building);
  await dropStrays(context);
  // Listed before the look at the lease: what a drill begins after it is not in the list.
  const scratches = await listScratches(context, { signal });
  if (scratches.size > 0 && !(await isHeld(context, "drill", signal)))
    await dropScratches(context, scratches);
  await recoverIntents(context);
  await goOnErasing(context, signal);
  await context.recordsOf(live, signal);
  return context;
}

function createContext(options: IndexOptions): IndexContext {
  const { vectors, state, blobs, name, embedder, embedders = [], metric } = options;
  const redactor = options.redactor === "none" ? noRedaction : options.redactor;
  const chunker = options.chunker ?? wholeDocument;
  assertKey(name, LONGEST_NAME);
  for (const [argument, value] of Object.entries({ vectors, state, blobs }))
    if (typeof value !== "object" || value === null)
      throw invalid(argument, "missing: give one, or spread an opened storage");
  for (const [argument, value] of Object.entries({ embedder, redactor, chunker }))
    assertObject(value, argument);
  assertSpecVersion(vectors, "VectorStore");
  for (const each of [...embedders, embedder]) assertEmbedder(each);
  assertSpecVersion(redactor, "Redactor");
  assertSpecVersion(chunker, "Chunker");
  const wanted = metric ?? "cosine";
  if (!vectors.capabilities.metrics.includes(wanted)) {
    const capability = `metric ${wanted}`;
    throw new KeelsonError("CAPABILITY_UNSUPPORTED", `the vector store has no ${capability}`, {
      details: { capability },
    });
  }

  const { leaseMs = DEFAULT_LEASE_MS, erasureKey } = options;
  if (erasureKey !== undefined && !(erasureKey instanceof Uint8Array && erasureKey.length >= SHORTEST_KEY))
    throw invalid("erasureKey", `not of at least ${SHORTEST_KEY} bytes`);
  if (!Number.isFinite(leaseMs) || leaseMs < 1) throw invalid("leaseMs", "less than 1");
  const newId = options.newId ?? (() => randomBytes(12).toString("base64url"));
  const clock = options.clock ?? systemClock;
  const keys = createKeys(name);
  return {
    name,
    keys,
    state,
    vectors,
    blobs,
    embedder,
    redactor,
    chunker,
    known: new Map([...embedders, embedder].map((each) => [each.id, each])),
    pipelines: new Map(),
    clock,
    erasureKey: erasureKey === undefined ? undefined : Uint8Array.from(erasureKey),
    reclaim: options.reclaim,
    allowPiiInIds: options.allowPiiInIds ?? false,
    redactQueries: options.redactQueries ?? true,
    newId,
    holder: newId(),
    leaseMs,
    turns: { sync: createTurns(), build: createTurns(), snapshots: createTurns(), drill: createTurns() },
    embedding: embeddingSettings(options.embedding, clock),
    unfinished: new Map(),
    recordsOf: createRecordsOf(vectors, keys),
  };
}

function mismatch(collection: string, expected: string, actual: string): KeelsonError<"COLLECTION_MISMATCH"> {
  return new KeelsonError("COLLECTION_MISMATCH", `${collection} has ${actual}, expected ${expected}`, {
    details: { collection, expected, actual },
  });
}
