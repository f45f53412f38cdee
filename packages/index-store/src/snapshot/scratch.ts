import type { AbortOptions, StateChange } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { openHead, type StoredHead } from "../head.ts";
import { createRecordsOf } from "../records-of.ts";
import type { Manifest } from "./manifest.ts";

const KEYS_A_COMMIT = 1000;
// Another index may have a name that begins as the collections of this one's scratches do.
const SCRATCH_NAME = /^[\w-]{16}$/;

/** An index of its own, beside the real one and seen by nobody, for a snapshot to be restored into. */
export async function openScratch(
  context: IndexContext,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly context: IndexContext; readonly head: StoredHead }> {
  const { vectors } = context;
  const { embedder: id, dimension, metric } = manifest;
  const name = digest(context.newId()).slice(0, 16);
  const keys = context.keys.scratch(name);
  const scratch: IndexContext = {
    ...context,
    keys,
    // Of the embedder that made the snapshot, so that vectors can be looked for without having it.
    embedder: { ...context.embedder, id, dimension, embed: (...args) => context.embedder.embed(...args) },
    recordsOf: createRecordsOf(vectors, keys),
    unfinished: new Map(),
  };
  return { name, context: scratch, head: await openHead(scratch, metric, signal) };
}

/** The names of the scratch indexes there are: at work, or left by a crash. */
export async function listScratches(
  { keys, state, vectors }: IndexContext,
  options: AbortOptions = {},
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const { prefix, collectionPrefix } = keys.scratches;
  let after: string | undefined;
  while (true) {
    const [first] = await state.scan({ prefix, after, limit: 1, ...options });
    if (first === undefined) break;
    const name = first.key.slice(prefix.length, first.key.indexOf("/", prefix.length));
    names.add(name);
    // Behind everything that is below the name.
    after = `${prefix}${name}/\uffff`;
  }
  for (const { name } of await vectors.list(options)) {
    const scratch = name.slice(collectionPrefix.length);
    if (name.startsWith(collectionPrefix) && SCRATCH_NAME.test(scratch)) names.add(scratch);
  }
  return names;
}

/** Deletes scratch indexes with all they hold. */
export async function dropScratches(
  { keys, state, vectors }: IndexContext,
  names: Iterable<string>,
): Promise<void> {
  for (const name of names) {
    await vectors.drop(keys.scratch(name).collection(1));
    const prefix = `${keys.scratches.prefix}${name}/`;
    while (true) {
      const page = await state.scan({ prefix, limit: KEYS_A_COMMIT });
      if (page.length === 0) break;
      await state.commit(page.map(({ key }): StateChange => ({ key, delete: true })));
    }
  }
}
