import {
  type AbortOptions,
  type BundleIndex,
  type IndexControl,
  type IndexTarget,
  isKeelsonError,
  KeelsonError,
  type StateChange,
} from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { invalid } from "./documents.ts";
import { type Head, readHead, wholeGenerations } from "./head.ts";
import { type PinTarget, readGuard, setGuard } from "./pins.ts";
import { readManifest } from "./snapshot/manifest.ts";

/** What a release manager needs of an index. */
export function createIndexControl(context: IndexContext): IndexControl {
  const { name, state, keys } = context;

  const find = async (reference: BundleIndex, { signal }: AbortOptions = {}): Promise<IndexTarget | null> => {
    signal?.throwIfAborted();
    if (reference.name !== name) return null;
    if ("snapshot" in reference) return await findSnapshot(context, reference.snapshot, signal);
    const { head } = await readHead(context, signal);
    const found = wholeGenerations(head).find(({ number }) => number === reference.generation);
    if (found === undefined) return null;
    return { embedder: found.embedder, dimension: found.dimension, live: found.number === head.live.number };
  };

  return {
    name,
    find,
    pin: async (reference, holder, { signal } = {}) => {
      const target = targetOf(reference);
      const key = keys.pin(target, assertHolder(holder));
      while (true) {
        const guard = await readGuard(context, target, signal);
        if ((await find(reference, { signal })) === null) throw notFound(context, reference);
        // A snapshot that is being removed will go; of a generation only the commit decides.
        if (guard.removing && "snapshot" in target) throw notFound(context, reference);
        if (guard.removing || guard.revision === "absent") {
          await setGuard(context, target, guard.revision, { removing: false }, [], signal);
          continue;
        }
        const check: StateChange = { key: keys.guard(target), expect: guard.revision };
        const [known] = await state.get([key], { signal });
        return known === undefined
          ? [check, { key, value: null, expect: "absent" }]
          : [check, { key, expect: known.revision }];
      }
    },
    unpin: async (reference, holder, { signal } = {}) => {
      const key = keys.pin(targetOf(reference), assertHolder(holder));
      const [known] = await state.get([key], { signal });
      return known === undefined ? [] : [{ key, delete: true, expect: known.revision }];
    },
    makeLive: async (generation, { signal } = {}) => {
      const { head, revision: expect } = await readHead(context, signal);
      if (head.live.number === generation) return [{ key: keys.head, expect }];
      const value = withLive(head, generation);
      if (value === undefined) throw notFound(context, { name, generation });
      return [{ key: keys.head, value, expect }];
    },
  };
}

/** The head with another generation live; the one that was is the one to go back to. */
export function withLive(head: Head, generation: number): Head | undefined {
  const { live: before, previous, kept = [], ...rest } = head;
  const live = wholeGenerations(head).find(({ number }) => number === generation);
  if (live === undefined) return undefined;
  const others = [previous, ...kept].flatMap((each) => (each === undefined || each === live ? [] : [each]));
  return { ...rest, live, previous: before, ...(others.length > 0 && { kept: others }) };
}

async function findSnapshot(
  context: IndexContext,
  id: string,
  signal: AbortSignal | undefined,
): Promise<IndexTarget | null> {
  try {
    const { embedder, dimension } = await readManifest(context, id, signal);
    return { embedder, dimension, live: false };
  } catch (error) {
    if (isKeelsonError(error, "SNAPSHOT_NOT_FOUND")) return null;
    throw error;
  }
}

function targetOf(reference: BundleIndex): PinTarget {
  return "snapshot" in reference ? { snapshot: reference.snapshot } : { generation: reference.generation };
}

function assertHolder(holder: string): string {
  if (typeof holder !== "string" || holder === "") throw invalid("holder", "no name");
  return holder;
}

function notFound({ name }: IndexContext, reference: BundleIndex): KeelsonError<"INDEX_TARGET_NOT_FOUND"> {
  const target =
    "snapshot" in reference ? { snapshotId: reference.snapshot } : { generation: reference.generation };
  const what =
    "snapshot" in reference ? `snapshot ${reference.snapshot}` : `generation ${reference.generation}`;
  return new KeelsonError("INDEX_TARGET_NOT_FOUND", `the index ${name} has no ${what}`, {
    details: { index: name, ...target },
  });
}
