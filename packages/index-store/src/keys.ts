import type { StateEntry } from "@keelson/core";
import type { PinTarget } from "./pins.ts";

/**
 * Where an index keeps what. Below `index/<name>/`, in the state store:
 *
 * | key | value |
 * |---|---|
 * | `head` | which generation is live, which came before it, which is being built, the next number: `Head` |
 * | `g/<generation>/doc/<document id>` | the ledger: `LedgerEntry` |
 * | `g/<generation>/expiry/<16 digits of epoch ms>/<document id>` | the key of its ledger entry: what expires, by time |
 * | `g/<generation>/subject/<digest>/<document id>` | the same: what is about whom |
 * | `g/<generation>/packed` | `null`: that there may be such notes as the next, for whoever removes documents |
 * | `g/<generation>/packed/<document id>` | where snapshots find the document, and as of which revision: `Packed` |
 * | `intent/<id>` | vectors that a write is about to stage, or has still to collect, or that an erasure stopped: `Intent` |
 * | `dropping/<generation>` | `null`: a generation that is to be deleted |
 * | `touched` | `null`: its revision moves with every ledger commit while a rebuild runs |
 * | `touched/<document id>` | `null`: a document of the live generation that the rebuild has still to copy |
 * | `guard/<g/generation or s/snapshot>` | whether what may be pinned is being removed |
 * | `pin/<g/generation or s/snapshot>/<holder>` | `null`: who keeps it |
 * | `scratch/<name>/…` | an index of its own that a drill restores into, of the collection `<index>@drill-<name>` |
 * | `condemned` | packs that are being deleted: a list of their names |
 * | `tombstone/<keyed digest>` | what has been erased, and when: `Tombstone` |
 * | `erasure-key` | the key of those digests, unless the index was given one |
 * | `erasing/<id>` | an erasure that is not finished: `Erasing` |
 * | `erased/<id>` | what an erasure did: `ErasureReceipt` |
 * | `lease/<task>` | whose turn it is to do what only one may do at a time; its revision is the fencing token |
 * | `lease/<task>/until` | the epoch ms at which that ends unless it is renewed |
 *
 *
 * In the blob store, below the same prefix: `pack/<sha-256>`, `snapshot/<id>` and `drill/<id>`. In the vector store: a collection
 * `<name>@<generation>` each.
 *
 * A document's id stands last and as it is, so that ids of any form fit; in the name `/` and `%` are escaped, so that
 * no index's prefix is the start of another's.
 */
export interface IndexKeys {
  readonly head: string;
  readonly touched: string;
  readonly touches: string;
  touch(id: string): string;
  guard(target: PinTarget): string;
  pins(target: PinTarget): string;
  pin(target: PinTarget, holder: string): string;
  lease(task: string): string;
  leaseUntil(task: string): string;
  readonly intents: string;
  intent(id: string): string;
  readonly droppings: string;
  dropping(generation: number): string;
  /** The prefix of everything that is of one generation. */
  generation(generation: number): string;
  documents(generation: number): string;
  document(generation: number, id: string): string;
  expiries(generation: number): string;
  expiry(generation: number, expiresAtMs: number, id: string): string;
  subjectDocuments(generation: number, digest: string): string;
  subject(generation: number, digest: string, id: string): string;
  /** Present since a snapshot first had notes of the generation's documents. */
  anyPacked(generation: number): string;
  packed(generation: number): string;
  packedDocument(generation: number, id: string): string;
  collection(generation: number): string;
  readonly packs: string;
  pack(digest: string): string;
  readonly snapshots: string;
  snapshot(id: string): string;
  readonly drills: string;
  drill(id: string): string;
  readonly condemned: string;
  readonly tombstones: string;
  tombstone(name: string): string;
  readonly erasureKey: string;
  readonly erasings: string;
  erasing(id: string): string;
  readonly erasures: string;
  erasure(id: string): string;
  readonly scratches: { readonly prefix: string; readonly collectionPrefix: string };
  /** The keys of a scratch index. */
  scratch(name: string): IndexKeys;
}

const EXPIRY_DIGITS = 16;
const ZERO = "0".charCodeAt(0);

export function createKeys(name: string): IndexKeys {
  const root = `index/${name.replaceAll("%", "%25").replaceAll("/", "%2F")}/`;
  const scratches = { prefix: `${root}scratch/`, collectionPrefix: `${name}@drill-` };
  return createKeysBelow(root, scratches, (number) => `${name}@${number}`);
}

function createKeysBelow(
  root: string,
  scratches: IndexKeys["scratches"],
  collection: IndexKeys["collection"],
): IndexKeys {
  const generation = (number: number): string => `${root}g/${number}/`;
  return {
    head: `${root}head`,
    touched: `${root}touched`,
    touches: `${root}touched/`,
    touch: (id) => `${root}touched/${id}`,
    guard: (target) => `${root}guard/${pinned(target)}`,
    pins: (target) => `${root}pin/${pinned(target)}/`,
    pin: (target, holder) => `${root}pin/${pinned(target)}/${holder}`,
    lease: (task) => `${root}lease/${task}`,
    leaseUntil: (task) => `${root}lease/${task}/until`,
    intents: `${root}intent/`,
    intent: (id) => `${root}intent/${id}`,
    droppings: `${root}dropping/`,
    dropping: (number) => `${root}dropping/${number}`,
    generation,
    documents: (number) => `${generation(number)}doc/`,
    document: (number, id) => `${generation(number)}doc/${id}`,
    expiries: (number) => `${generation(number)}expiry/`,
    expiry: (number, expiresAtMs, id) =>
      `${generation(number)}expiry/${String(expiresAtMs).padStart(EXPIRY_DIGITS, "0")}/${id}`,
    subjectDocuments: (number, digest) => `${generation(number)}subject/${digest}/`,
    subject: (number, digest, id) => `${generation(number)}subject/${digest}/${id}`,
    anyPacked: (number) => `${generation(number)}packed`,
    packed: (number) => `${generation(number)}packed/`,
    packedDocument: (number, id) => `${generation(number)}packed/${id}`,
    packs: `${root}pack/`,
    collection,
    pack: (digest) => `${root}pack/${digest}`,
    snapshots: `${root}snapshot/`,
    snapshot: (id) => `${root}snapshot/${id}`,
    drills: `${root}drill/`,
    drill: (id) => `${root}drill/${id}`,
    condemned: `${root}condemned`,
    tombstones: `${root}tombstone/`,
    tombstone: (digest) => `${root}tombstone/${digest}`,
    erasureKey: `${root}erasure-key`,
    erasings: `${root}erasing/`,
    erasing: (id) => `${root}erasing/${id}`,
    erasures: `${root}erased/`,
    erasure: (id) => `${root}erased/${id}`,
    scratches,
    // Without a number behind it, so that it is the collection of no index, whatever that is called.
    scratch: (scratch) =>
      createKeysBelow(
        `${scratches.prefix}${scratch}/`,
        scratches,
        () => `${scratches.collectionPrefix}${scratch}`,
      ),
  };
}

function pinned(target: PinTarget): string {
  return "generation" in target ? `g/${target.generation}` : `s/${target.snapshot}`;
}

/** An entry of the index by time, and what it names. */
export interface Expiry {
  readonly key: string;
  /** The key of the document's ledger entry: a store in memory finds by it twice as fast as by one made anew. */
  readonly documentKey: string;
  readonly expiresAtMs: number;
  readonly id: string;
}

/** @param start Where in the key the time begins: behind its prefix. */
export function parseExpiry({ key, value }: StateEntry, start: number): Expiry {
  const end = start + EXPIRY_DIGITS;
  let expiresAtMs = 0;
  // As fast as a look at the key; a number made of a part of it would cost a string.
  for (let at = start; at < end; at++) expiresAtMs = expiresAtMs * 10 + (key.charCodeAt(at) - ZERO);
  return { key, documentKey: value as string, expiresAtMs, id: key.slice(end + 1) };
}
