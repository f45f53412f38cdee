import { createHmac, randomBytes } from "node:crypto";
import { isKeelsonError, type StateChange, scanState } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { readHead } from "../head.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Manifest } from "../snapshot/manifest.ts";

const KEY_BYTES = 32;

/** What is remembered of what was erased: enough to know it again, for whoever has the key. */
export type Tombstone = {
  readonly erasedAtMs: number;
  /** Which erasure of the index it was, from 1. */
  readonly number: number;
};

/** The names of tombstones: HMAC-SHA-256, since an unkeyed hash of an id or a person can be found by trying. */
export interface TombstoneNames {
  ofId(id: string): string;
  /** @param subject Digest of the subject, as the ledger has it. */
  ofSubject(subject: string): string;
}

/** Of the key that the index was given; otherwise of one in the state store, made when it is first needed. */
export async function tombstoneNames(context: IndexContext): Promise<TombstoneNames> {
  const key = context.erasureKey ?? (await storedKey(context));
  const name = (kind: string, value: string): string =>
    createHmac("sha256", key).update(`${kind}\n${value}`).digest("base64url");
  return { ofId: (id) => name("id", id), ofSubject: (subject) => name("subject", subject) };
}

async function storedKey({ keys, state }: IndexContext): Promise<Uint8Array> {
  while (true) {
    const [found] = await state.get([keys.erasureKey]);
    if (found !== undefined) return Buffer.from(found.value as string, "base64url");
    const value = randomBytes(KEY_BYTES).toString("base64url");
    try {
      await state.commit([{ key: keys.erasureKey, value, expect: "absent" }]);
    } catch (error) {
      if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
    }
  }
}

/** Sets a tombstone a name. */
export function tombstoneChanges(
  { keys }: IndexContext,
  names: Iterable<string>,
  value: Tombstone,
): StateChange[] {
  return [...new Set(names)].map((name) => ({ key: keys.tombstone(name), value }));
}

/**
 * Decides whether a document of a snapshot has been erased since the snapshot was taken: by the number of the erasure,
 * which no clock can set back; of a snapshot that another ledger has taken, by the time.
 */
export async function readTombstones(
  context: IndexContext,
  { origin, erasures = 0, createdAtMs }: Pick<Manifest, "origin" | "erasures" | "createdAtMs">,
  signal: AbortSignal | undefined,
): Promise<(document: { readonly id: string; readonly entry: LedgerEntry }) => boolean> {
  const { keys, state } = context;
  const { head } = await readHead(context, signal);
  const own = origin === head.origin;
  const isLater = ({ number, erasedAtMs }: Tombstone): boolean =>
    own ? number > erasures : erasedAtMs >= createdAtMs;
  const found = new Set<string>();
  for await (const { key, value } of scanState(state, { prefix: keys.tombstones, signal })) {
    if (isLater(value as unknown as Tombstone)) found.add(key.slice(keys.tombstones.length));
  }
  if (found.size === 0) return () => false;
  const names = await tombstoneNames(context);
  return ({ id, entry }) =>
    found.has(names.ofId(id)) ||
    (entry.subjects ?? []).some((subject) => found.has(names.ofSubject(subject)));
}

/** Which of these documents were erased by a later erasure than that number? */
export async function erasedSince(
  context: IndexContext,
  documents: readonly { readonly id: string; readonly subjects?: readonly string[] | undefined }[],
  number: number,
): Promise<ReadonlySet<string>> {
  const { keys, state } = context;
  const names = await tombstoneNames(context);
  const asked = documents.flatMap(({ id, subjects = [] }) =>
    [names.ofId(id), ...subjects.map((subject) => names.ofSubject(digest(subject)))].map((name) => ({
      id,
      key: keys.tombstone(name),
    })),
  );
  const found = await state.get([...new Set(asked.map(({ key }) => key))]);
  const erased = new Set(
    found.flatMap((each) =>
      each !== undefined && (each.value as unknown as Tombstone).number > number ? [each.key] : [],
    ),
  );
  return new Set(asked.filter(({ key }) => erased.has(key)).map(({ id }) => id));
}
