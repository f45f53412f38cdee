import {
  type AbortOptions,
  type Json,
  KeelsonError,
  type Metadata,
  type PageOptions,
  type VectorCollection,
  type VectorMatch,
  type VectorQueryOptions,
  type VectorRecord,
  type VectorStoreCapabilities,
} from "@keelson/core";

/** The field of a record's metadata that names its document. */
export const DOCUMENT_FIELD = "keelson:document";
/** What Keelson's own fields start with. */
const RESERVED = "keelson:";

/** The vector records of one generation, in batches that the store takes. */
export interface Records {
  upsert(records: readonly VectorRecord[], options?: AbortOptions): Promise<void>;
  delete(ids: readonly string[], options?: AbortOptions): Promise<void>;
  /** What there is of these, by id. */
  get(ids: readonly string[], options?: AbortOptions): Promise<ReadonlyMap<string, VectorRecord>>;
  query(vector: Float32Array, options: VectorQueryOptions): Promise<VectorMatch[]>;
  /** One page of records by ascending id, where the store can enumerate them. */
  scan?(options: PageOptions): Promise<VectorRecord[]>;
}

const LARGEST_BATCH = 1000;

export function createRecords(collection: VectorCollection, capabilities: VectorStoreCapabilities): Records {
  const size = Math.min(LARGEST_BATCH, capabilities.maxBatchSize ?? LARGEST_BATCH);
  return {
    upsert: async (records, options) => {
      for (const batch of slices(records, size)) await collection.upsert(batch, options);
    },
    delete: async (ids, options) => {
      for (const batch of slices(ids, size)) await collection.delete(batch, options);
    },
    get: async (ids, options) => {
      const found = new Map<string, VectorRecord>();
      for (const batch of slices(ids, size)) {
        for (const record of await collection.get(batch, options)) {
          if (record !== undefined) found.set(record.id, record);
        }
      }
      return found;
    },
    query: async (vector, options) => await collection.query(vector, options),
    ...(collection.scan !== undefined && {
      scan: async (options: PageOptions) => (await collection.scan?.(options)) ?? [],
    }),
  };
}

/** A list in pieces of at most `size`. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

/**
 * A record's id: a checksum of document and vector, the write that makes it, and its number there.
 *
 * By the checksum it is found what a store, or somebody behind our back, has changed. It stands first, since stores tell
 * records of equal scores apart by id, and which of them are found must not depend on when they were written. The rest is
 * unique for ever: otherwise a writer could stage a record again while a slower one still collects its predecessor.
 */
export function recordId(documentId: string, vector: Float32Array, writeId: string, number: number): string {
  return `${checksum(documentId, vector)}.${writeId}.${number}`;
}

/** Is the record's vector the one that it was written with? */
export function hasOwnVector(documentId: string, { id, vector }: VectorRecord): boolean {
  return id.startsWith(checksum(documentId, vector));
}

/** A document's metadata as the record of one of its chunks carries it. */
export function recordMetadata(documentId: string, metadata: Metadata | undefined): Metadata {
  // Room for ours first, since fields added to a copy cost ten times as much; set last, since it wins.
  const fields: Record<string, Json> = { [DOCUMENT_FIELD]: "", ...metadata };
  fields[DOCUMENT_FIELD] = documentId;
  return fields;
}

const FIRST_PRIME = 0x9e3779b1;
const SECOND_PRIME = 0x85ebca77;
const NEGATIVE_ZERO = 0x80000000 | 0;

// 64 bits against accidents, not against an adversary: it runs over every vector that is written, and SHA-256 would
// cost ten times as much. Two sums, of a half each, since no step of one has to wait for the other's. All of it in signed
// 32 bits, since the engine makes floating-point numbers of unsigned ones.
function checksum(documentId: string, vector: Float32Array): string {
  const words = new Int32Array(vector.buffer, vector.byteOffset, vector.length);
  const half = words.length >> 1;
  let a = FIRST_PRIME | 0;
  let b = SECOND_PRIME | 0;
  for (let i = 0; i < documentId.length; i++) a = mix(a, documentId.charCodeAt(i));
  for (let i = 0; i < half; i++) {
    a = mix(a, words[i] as number);
    b = mix(b, words[half + i] as number);
  }
  if (words.length % 2 === 1) b = mix(b, words[2 * half] as number);
  return ((BigInt(a >>> 0) << 32n) | BigInt(b >>> 0)).toString(16).padStart(16, "0");
}

function mix(sum: number, word: number): number {
  // 0 and -0 are one number, and a store may give either back.
  const mixed = Math.imul(sum ^ (word === NEGATIVE_ZERO ? 0 : word), FIRST_PRIME);
  return mixed ^ (mixed >>> 15);
}

/** The document that a record belongs to. */
export function documentOf(record: { readonly metadata?: Metadata | undefined }): string | undefined {
  const id = record.metadata?.[DOCUMENT_FIELD];
  return typeof id === "string" ? id : undefined;
}

/** Refuses metadata that would be taken for Keelson's own. */
export function assertNoReservedField(metadata: Metadata): void {
  for (const field in metadata) {
    if (!field.startsWith(RESERVED)) continue;
    const reason = `a field whose name starts with ${RESERVED}, which is reserved`;
    throw new KeelsonError("VALUE_INVALID", `the metadata has ${reason}`, {
      details: { path: [field], reason },
    });
  }
}
