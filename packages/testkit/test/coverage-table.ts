import type {
  BlobStore,
  Chunker,
  Clock,
  Detector,
  Embedder,
  EvalRunner,
  Redactor,
  SecretBackend,
  StateStore,
  Storage,
  VectorCollection,
  VectorStore,
} from "@keelson/core";

/** What every method of every plug-in is tried in. */
export const situations = [
  "works",
  "empty-input",
  "unknown-id",
  "duplicate",
  "already-aborted",
  "aborted-in-flight",
  "after-close",
  "concurrent",
] as const;

type Situation = (typeof situations)[number];

// The compiler keeps the table complete: a method added to an interface must be added here.
type MethodOf<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends (...args: never[]) => unknown ? K : never;
}[keyof T];
type Methods<T> = { readonly [M in MethodOf<T>]: Exceptions };
type Exceptions = { readonly [S in Situation]?: string };

const noId = { "unknown-id": "it takes no id" };
const noSignal = {
  "already-aborted": "it takes no signal",
  "aborted-in-flight": "it takes no signal",
};
const noClose = { "after-close": "the plug-in is not closed" };
const atOnce = { ...noSignal, "after-close": "the plug-in is not closed", concurrent: "it answers at once" };

/** Per suite and method, the situations that do not apply, with the reason. Every other one must have a case. */
export const table: Readonly<Record<string, Readonly<Record<string, Exceptions>>>> = {
  "state-store": {
    get: {},
    scan: {},
    commit: {},
    watch: noSignal,
  } satisfies Methods<StateStore>,
  "vector-store": {
    open: {},
    list: { ...noId, duplicate: "names are unique: opening twice shows it" },
    drop: { "empty-input": "it takes one name" },
    upsert: {},
    delete: {},
    get: {},
    query: noId,
    scan: {},
  } satisfies Methods<VectorStore> & Methods<VectorCollection>,
  "blob-store": {
    put: {},
    get: {},
    stat: {},
    list: {},
    delete: {},
  } satisfies Methods<BlobStore>,
  "secret-backend": {
    read: {},
    write: {},
    list: noId,
    delete: { "empty-input": "it takes one name" },
  } satisfies Methods<SecretBackend>,
  storage: {
    close: {
      ...noSignal,
      ...noId,
      "empty-input": "it takes no input",
      "after-close": "closing twice is its own case: duplicate",
    },
    reclaim: { ...noId, "empty-input": "it takes no input" },
  } satisfies Methods<Storage>,
  embedder: {
    embed: { ...noId, ...noClose },
    embedQuery: { ...noId, ...noClose },
  } satisfies Methods<Embedder>,
  redactor: { redact: { ...noId, ...noClose } } satisfies Methods<Redactor>,
  detector: { verify: { ...noId, ...atOnce } } satisfies Methods<Detector>,
  chunker: { chunk: { ...noId, ...noSignal, ...noClose } } satisfies Methods<Chunker>,
  "eval-runner": {
    run: { ...noClose, "unknown-id": "ids of cases are the caller's own" },
  } satisfies Methods<EvalRunner>,
  clock: {
    now: { ...noId, ...atOnce, "empty-input": "it takes no input", duplicate: "wall clocks may jump" },
    monotonic: { ...noId, ...atOnce, "empty-input": "it takes no input" },
    sleep: { ...noId, ...noClose },
  } satisfies Methods<Clock>,
};
