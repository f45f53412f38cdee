import {
  type AbortOptions,
  argumentInvalid,
  type Bundle,
  type BundleIndex,
  type IndexControl,
  type IndexTarget,
  isKeelsonError,
  KeelsonError,
  type StateChange,
} from "@keelson/core";
import { canonicalJson } from "./bundle-id.ts";
import { type Head, toJson } from "./head.ts";
import type { Release } from "./release.ts";
import type { Releases } from "./releases.ts";

/** Who answers for what after a change of the traffic. */
type Roles = Pick<Head, "live" | "recent" | "ramp">;

/** The indexes' part in a change of the traffic. */
interface IndexMove {
  /** What is kept from now on. */
  readonly pins: readonly BundleIndex[];
  readonly changes: readonly StateChange[];
}

/** Moves indexes together with releases, and keeps what releases still need. */
export interface IndexMoves {
  /**
   * Checks that what a bundle refers to is there and fits its embedder.
   *
   * @returns What it refers to; `undefined` where the manager has no part in indexes.
   */
  check(bundle: Bundle, options: AbortOptions): Promise<Release["indexTarget"]>;
  /** Refuses releases whose index this manager can't move, although it was registered by one that can. */
  assertMovable(releases: readonly (Release | undefined)[]): void;
  /** What must be committed together with a change of the traffic. */
  move(before: Head, change: Partial<Roles>, options: AbortOptions): Promise<IndexMove>;
}

export function createIndexMoves(
  manager: string,
  indexes: readonly IndexControl[],
  releases: Releases,
): IndexMoves {
  const holder = `release/${manager}`;
  const controls = new Map(indexes.map((control) => [control.name, control]));
  if (controls.size < indexes.length) throw argumentInvalid("indexes", "has two of one name");

  const assertMovable: IndexMoves["assertMovable"] = (needed) => {
    for (const release of needed) {
      const index = release?.indexTarget && release.bundle.index;
      if (index && !controls.has(index.name)) throw missing(index.name);
    }
  };

  return {
    assertMovable,

    async check({ index, embedder }, { signal }) {
      if (index === undefined || indexes.length === 0) return undefined;
      const control = controls.get(index.name);
      if (control === undefined) throw missing(index.name);
      const target = await control.find(index, { signal });
      if (target === null) throw targetNotFound(index);
      if (embedder !== undefined) assertFits(index.name, target, embedder);
      return { embedder: target.embedder, dimension: target.dimension };
    },

    async move(before, change, { signal }) {
      const after: Roles = { ...before, ...change };
      const names = [after.live, after.ramp?.candidate ?? null, ...after.recent];
      const found = await releases.find(
        names.filter((name) => name !== null),
        { signal },
      );
      const of = (name: string | null | undefined): Release | undefined =>
        found.find((release) => release.name === name);
      // What is on its way out, or stays as it is, is never a reason to refuse.
      const essential = [
        after.live === before.live ? undefined : of(after.live),
        after.ramp?.id === before.ramp?.id ? undefined : of(after.ramp?.candidate),
      ];
      assertMovable(essential);
      if (indexes.length === 0) return { pins: before.pins, changes: [] };

      const wanted = distinct(found.flatMap(({ bundle }) => bundle.index ?? []));
      const needed = distinct(essential.flatMap((release) => release?.bundle.index ?? []));
      const changes: StateChange[] = [];
      const pins: BundleIndex[] = [];
      for (const [id, reference] of wanted) {
        const control = controls.get(reference.name);
        if (control === undefined) continue;
        try {
          changes.push(...(await control.pin(reference, holder, { signal })));
          pins.push(reference);
        } catch (error) {
          // What only a further rollback would need may have gone before this manager knew of the index.
          if (needed.has(id) || !isKeelsonError(error, "INDEX_TARGET_NOT_FOUND")) throw error;
        }
      }
      for (const [id, reference] of distinct(before.pins)) {
        if (wanted.has(id)) continue;
        const control = controls.get(reference.name);
        if (control === undefined) pins.push(reference);
        else changes.push(...(await control.unpin(reference, holder, { signal })));
      }
      const index = of(after.live)?.bundle.index;
      if (after.live !== before.live && index !== undefined && "generation" in index) {
        const control = controls.get(index.name);
        if (control !== undefined) changes.push(...(await control.makeLive(index.generation, { signal })));
      }
      return { pins, changes: joinChecks(changes) };
    },
  };
}

/** A write and a check of one key, or two checks, are one change. */
function joinChecks(changes: readonly StateChange[]): StateChange[] {
  const joined = new Map<string, StateChange>();
  for (const change of changes) {
    const other = joined.get(change.key);
    const isCheck = !("value" in change || "delete" in change);
    if (other !== undefined && isCheck && other.expect === change.expect) continue;
    const otherIsCheck = other !== undefined && !("value" in other || "delete" in other);
    if (other === undefined || (otherIsCheck && other.expect === change.expect)) {
      joined.set(change.key, change);
      continue;
    }
    if (!isCheck && !otherIsCheck)
      throw argumentInvalid("indexes", `write ${change.key} twice in one commit`);
    // The index moved on between two calls: decide anew.
    const [expect, actual] = [other.expect ?? "absent", change.expect ?? "absent"];
    throw new KeelsonError("STATE_CONFLICT", `${change.key} was changed meanwhile`, {
      details: { key: change.key, expect, actual },
    });
  }
  return [...joined.values()];
}

function distinct(references: readonly BundleIndex[]): Map<string, BundleIndex> {
  return new Map(references.map((reference) => [canonicalJson(toJson(reference)), reference]));
}

function assertFits(
  index: string,
  { embedder: expected, dimension }: IndexTarget,
  embedder: NonNullable<Bundle["embedder"]>,
): void {
  if (embedder.id !== expected) {
    const message = `the index ${index} was embedded by ${expected}, the bundle's queries by ${embedder.id}`;
    throw new KeelsonError("EMBEDDER_MISMATCH", message, {
      details: { index, expected, actual: embedder.id },
    });
  }
  if (embedder.dimension === dimension) return;
  const message = `the index ${index} has dimension ${dimension}, the bundle's embedder ${embedder.dimension}`;
  throw new KeelsonError("VECTOR_DIMENSION_MISMATCH", message, {
    details: { expected: dimension, actual: embedder.dimension },
  });
}

function missing(index: string): KeelsonError<"ARGUMENT_INVALID"> {
  return argumentInvalid("indexes", `has no index ${index}, which the release moves with it`);
}

function targetNotFound(reference: BundleIndex): KeelsonError<"INDEX_TARGET_NOT_FOUND"> {
  const { name: index, ...which } = reference;
  const details =
    "generation" in which ? { index, generation: which.generation } : { index, snapshotId: which.snapshot };
  return new KeelsonError("INDEX_TARGET_NOT_FOUND", `what is referred to of the index ${index} is gone`, {
    details,
  });
}
