import type {
  AbortOptions,
  BlobStore,
  Chunker,
  Clock,
  Embedder,
  Redactor,
  StateStore,
  Storage,
  VectorMetric,
  VectorStore,
} from "@keelson/core";
import type { EmbeddingOptions } from "./embedding-options.ts";

/** What {@link createIndex} takes. A storage of an adapter has the first four: `{ ...storage, name, … }`. */
export interface IndexOptions extends AbortOptions {
  /** Holds and searches the vectors. */
  readonly vectors: VectorStore;
  /** Holds the ledger. */
  readonly state: StateStore;
  /** Holds the snapshots. */
  readonly blobs: BlobStore;
  /** Has the storage give up what was deleted: {@link Index.erase} asks for it. Without it, erasure hides only. */
  readonly reclaim?: Storage["reclaim"] | undefined;
  /** 1 to 200 UTF-16 code units of well-formed Unicode. Indexes of different names share nothing. */
  readonly name: string;
  /** Embeds chunks and queries. */
  readonly embedder: Embedder;
  /**
   * Other embedders whose generation may be live, before a rebuild or after it. Where one is, it is worked with: queries
   * and writes go on while the index moves from one to the other, and no sync moves it back.
   */
  readonly embedders?: readonly Embedder[] | undefined;
  /** The first step of every write. `"none"` stores texts as they are; say so only of texts that hold no personal data. */
  readonly redactor: Redactor | "none";
  /** Cuts redacted texts. Default: a document is one chunk. */
  readonly chunker?: Chunker | undefined;
  /** Tells expiry. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** How closeness is measured. It is fixed when the index is made. Default: what it was made with, or `"cosine"`. */
  readonly metric?: VectorMetric | undefined;
  /** Redact query texts before they are embedded. Default `true`. */
  readonly redactQueries?: boolean | undefined;
  /** Take ids that the redactor would change. They are stored as they are, in ledger and vectors. Default `false`. */
  readonly allowPiiInIds?: boolean | undefined;
  /** How texts are embedded: how many calls at once, how often again, at what rate, at what price. */
  readonly embedding?: EmbeddingOptions | undefined;
  /**
   * What tombstones of erased documents are named with (HMAC-SHA-256), at least 16 bytes. It has to stay the same for the
   * life of the index. Default: 32 random bytes in the state store, made when they are first needed.
   */
  readonly erasureKey?: Uint8Array | undefined;
  /**
   * How long a lease and what a write stages outlive a process that stops without a word, in milliseconds, at least 1:
   * until then others leave its work alone. Work under way renews its lease. Default 30,000.
   */
  readonly leaseMs?: number | undefined;
  /** Makes the ids of writes, unique for ever, 1 to 64 characters. Default: 96 random bits. */
  readonly newId?: (() => string) | undefined;
}
