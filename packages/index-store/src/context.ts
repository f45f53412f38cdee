import type {
  BlobStore,
  Chunker,
  Clock,
  Embedder,
  Redactor,
  StateStore,
  Storage,
  VectorStore,
} from "@keelson/core";
import type { EmbeddingSettings } from "./embedding-options.ts";
import type { Generation } from "./head.ts";
import type { OwnWrite } from "./intents.ts";
import type { IndexKeys } from "./keys.ts";
import type { LeaseTask } from "./lease.ts";
import type { Records } from "./records.ts";
import type { Turns } from "./turns.ts";

/** What every part of one open index works with. */
export interface IndexContext {
  readonly name: string;
  readonly keys: IndexKeys;
  readonly state: StateStore;
  readonly vectors: VectorStore;
  readonly blobs: BlobStore;
  /** What this handle writes with; a rebuild puts others in their place. */
  embedder: Embedder;
  redactor: Redactor;
  chunker: Chunker;
  /** The embedders that queries may be embedded by, by id: whose generation is live, decides. */
  readonly known: Map<string, Embedder>;
  /** What this handle wrote generations with, by number, as far as a rebuild has changed it. */
  readonly pipelines: Map<number, Pick<IndexContext, "embedder" | "redactor" | "chunker">>;
  readonly clock: Clock;
  /** What the names of tombstones are made with, where it is not in the state store. */
  readonly erasureKey: Uint8Array | undefined;
  /** Asks the storage to give up what was deleted, where it can. */
  readonly reclaim: Storage["reclaim"];
  readonly allowPiiInIds: boolean;
  readonly redactQueries: boolean;
  /** A new id, unique for ever. */
  readonly newId: () => string;
  /** The vector records of a generation. */
  recordsOf(generation: Generation, signal?: AbortSignal): Promise<Records>;
  /** Names this handle in leases and intents. */
  readonly holder: string;
  /** How long a lease lasts unless it is renewed. */
  readonly leaseMs: number;
  /** The calls of this handle that need a lease, one after the other. */
  readonly turns: Readonly<Record<LeaseTask, Turns>>;
  /** How texts are embedded. */
  readonly embedding: EmbeddingSettings;
  /** Intents that wait for the next write: this handle's own that it could not finish, and those of others, until when. */
  readonly unfinished: Map<string, OwnWrite | { readonly untilMs: number }>;
}
