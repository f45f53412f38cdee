import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import {
  type Awaitable,
  type Chunker,
  type Embedder,
  isKeelsonError,
  type Redactor,
  type StateChange,
  type StateEntry,
  type StateStore,
  type Storage,
  scanState,
  type VectorCollection,
  type VectorRecord,
  type VectorStore,
} from "@keelson/core";
import { createIndex, type Index, type IndexOptions } from "../src/index.ts";

/** Takes everything that looks like `PII-…` out, and stands still on its own output. */
export const tinyRedactor: Redactor = {
  specVersion: 1,
  id: "tiny@1",
  redact: (text) => {
    const found = [...text.matchAll(/PII-\w+/g)];
    return {
      text: text.replace(/PII-\w+/g, "[pii]"),
      findings: found.map((match) => ({
        type: "PII",
        start: match.index,
        end: match.index + match[0].length,
      })),
    };
  },
};

/** Cuts at blank lines. */
export const paragraphs: Chunker = {
  specVersion: 1,
  id: "paragraphs@1",
  chunk: (text) => {
    let from = 0;
    return text.split("\n\n").map((part) => {
      const start = from;
      from += part.length + 2;
      return { text: part, start, end: start + part.length };
    });
  },
};

export interface CountingEmbedder extends Embedder {
  /** Every text it was given. */
  readonly texts: string[];
}

/** Letters as a vector, different for every id. */
export function createLetters(id = "letters@1", dimension = 32): CountingEmbedder {
  const texts: string[] = [];
  return {
    specVersion: 1,
    id,
    dimension,
    texts,
    embed: (batch) => {
      texts.push(...batch);
      return batch.map((text) => {
        const vector = new Float32Array(dimension);
        for (const letter of text) {
          const at = ((letter.codePointAt(0) ?? 0) + id.length * 7) % dimension;
          vector[at] = (vector[at] ?? 0) + 1;
        }
        return vector;
      });
    },
  };
}

export interface Subject {
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly embedder: CountingEmbedder;
  readonly index: Index;
  /** Another handle on the same index. */
  open(options?: Partial<IndexOptions>): Promise<Index>;
}

export async function createSubject(options: Partial<IndexOptions> = {}): Promise<Subject> {
  const storage = createMemoryStorage();
  const clock = createManualClock({ nowMs: 1_000_000 });
  const embedder = createLetters();
  const open = (more: Partial<IndexOptions> = {}): Promise<Index> =>
    createIndex({ ...storage, name: "docs", embedder, redactor: tinyRedactor, clock, ...options, ...more });
  return { storage, clock, embedder, index: await open(), open };
}

/** A promise that waits until it is opened. */
export function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A vector store whose collections do some things otherwise. */
export function withCollections(
  vectors: VectorStore,
  change: (collection: VectorCollection) => Partial<VectorCollection>,
): VectorStore {
  return {
    ...vectors,
    open: async (...args) => {
      const collection = await vectors.open(...args);
      return { ...collection, ...change(collection) };
    },
  };
}

/** A state store where something happens before each commit. */
export function beforeCommit(
  state: StateStore,
  happens: (changes: readonly StateChange[]) => Awaitable<unknown>,
): StateStore {
  return {
    ...state,
    commit: async (changes, options) => {
      await happens(changes);
      return await state.commit(changes, options);
    },
  };
}

/** What a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await failureOf(promise);
  return isKeelsonError(error) ? error.code : String(error);
}

export async function stateOf({ state }: Pick<Storage, "state">): Promise<StateEntry[]> {
  const found: StateEntry[] = [];
  for await (const entry of scanState(state)) found.push(entry);
  return found;
}

/** Every record of every collection, by collection. */
export async function recordsOf({ vectors }: Pick<Storage, "vectors">): Promise<Map<string, VectorRecord[]>> {
  const found = new Map<string, VectorRecord[]>();
  for (const { name, dimension, metric } of await vectors.list()) {
    const collection = await vectors.open(name, { dimension, metric });
    found.set(name, (await collection.scan?.({ limit: 100_000 })) ?? []);
  }
  return found;
}

/** Everything a storage holds, as one text to search in. */
export async function dump(storage: Storage): Promise<string> {
  const parts = (await stateOf(storage)).map(({ key, value }) => `${key} ${JSON.stringify(value)}`);
  for (const [name, records] of await recordsOf(storage)) {
    parts.push(name, ...records.map(({ id, text, metadata }) => JSON.stringify({ id, text, metadata })));
  }
  for (const { key } of await storage.blobs.list("")) {
    parts.push(key, new TextDecoder("latin1").decode(await storage.blobs.get(key)));
  }
  return parts.join("\n");
}

/** Text and metadata of documents, `undefined` where the index has none. */
export async function contentOf(index: Index, ids: readonly string[]): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const id of ids) {
    const document = await index.get(id);
    found[id] = document && {
      text: document.chunks.map(({ text }) => text),
      metadata: document.metadata,
      expiresAtMs: document.expiresAtMs,
    };
  }
  return found;
}

interface Entry {
  readonly expiresAtMs?: number;
  readonly subjects?: readonly string[];
  readonly chunks: readonly { readonly id: string }[];
}

/**
 * Faults of an index at rest: records that nothing lists, listed records that are not there, leftovers of writes,
 * secondary keys that say something else than the ledger.
 */
export async function faultsOf(storage: Storage, name = "docs"): Promise<string[]> {
  const faults: string[] = [];
  const root = `index/${name.replaceAll("%", "%25").replaceAll("/", "%2F")}/`;
  const entries = (await stateOf(storage)).filter(({ key }) => key.startsWith(root));
  const head = entries.find(({ key }) => key === `${root}head`)?.value as unknown as {
    live: { number: number };
    previous?: { number: number };
    kept?: { number: number }[];
    building?: { number: number; purpose: string };
  };
  if (head.building?.purpose === "restore") faults.push("a restore was left behind");
  const known = new Set(
    [head.live, head.previous, ...(head.kept ?? []), head.building].flatMap((each) => each?.number ?? []),
  );
  const records = new Map(
    [...(await recordsOf(storage))].filter(
      ([collection]) => collection.startsWith(`${name}@`) && /^\d+$/.test(collection.slice(name.length + 1)),
    ),
  );
  for (const collection of records.keys()) {
    if (![...known].some((number) => collection === `${name}@${number}`))
      faults.push(`collection ${collection}`);
  }
  const listed = new Map<string, Set<string>>();
  const expected = new Set<string>();
  const secondary = new Set<string>();
  for (const { key, value } of entries) {
    const rest = key.slice(root.length);
    const [, number, kind, id] = /^g\/(\d+)\/(\w+)\/(.*)$/su.exec(rest) ?? [];
    if (number === undefined) {
      // The lease of a holder that died stays until the next holder takes it over.
      // Guards stay with what was pinned once, and a rebuild that stopped has its notes.
      const isNote =
        /^(lease|guard|pin|erased|tombstone)\/|^erasure-key$/.test(rest) ||
        (head.building !== undefined && /^touched\b/.test(rest));
      if (rest !== "head" && !isNote && !/^g\/\d+\/packed$/.test(rest)) faults.push(`left over: ${rest}`);
      continue;
    }
    if (!known.has(Number(number))) faults.push(`left over: ${rest}`);
    if (kind === "expiry" || kind === "subject") secondary.add(rest);
    if (kind === "packed" && !entries.some((each) => each.key === `${root}g/${number}/doc/${id}`))
      faults.push(rest);
    if (kind !== "doc") continue;
    const entry = value as unknown as Entry;
    const ids = listed.get(`${name}@${number}`) ?? new Set();
    for (const chunk of entry.chunks) ids.add(chunk.id);
    listed.set(`${name}@${number}`, ids);
    if (entry.expiresAtMs !== undefined)
      expected.add(`g/${number}/expiry/${String(entry.expiresAtMs).padStart(16, "0")}/${id}`);
    for (const subject of entry.subjects ?? []) expected.add(`g/${number}/subject/${subject}/${id}`);
  }
  for (const key of [...expected].filter((each) => !secondary.has(each))) faults.push(`missing: ${key}`);
  for (const key of [...secondary].filter((each) => !expected.has(each))) faults.push(`stray: ${key}`);
  for (const [collection, stored] of records) {
    const ids = listed.get(collection) ?? new Set<string>();
    for (const { id } of stored) if (!ids.delete(id)) faults.push(`orphan in ${collection}`);
    if (ids.size > 0) faults.push(`${ids.size} lost in ${collection}`);
  }
  return faults;
}
