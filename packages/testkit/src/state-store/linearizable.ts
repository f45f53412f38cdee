import assert from "node:assert/strict";
import {
  type ExpectedRevision,
  isKeelsonError,
  type StateChange,
  type StateEntry,
  type StateStore,
} from "@keelson/core";
import fc from "fast-check";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertLinearizable, type CommitEvent, type ReadEvent } from "./linearizability.ts";

/** What one client does next. Expectations are drawn from what the client has seen, so that many of them are stale. */
interface Step {
  readonly kind: "commit" | "get" | "scan";
  readonly turns: number;
  readonly changes: readonly {
    readonly key: string;
    readonly action: "put" | "delete" | "check";
    readonly expect: "none" | "seen" | "stale" | "absent";
  }[];
}

const KEYS = ["a", "b", "c"];

const changeOf = (key: string) =>
  fc.record({
    key: fc.constant(key),
    action: fc.constantFrom("put" as const, "put" as const, "delete" as const, "check" as const),
    expect: fc.constantFrom(
      "none" as const,
      "seen" as const,
      "seen" as const,
      "stale" as const,
      "absent" as const,
    ),
  });

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    "commit" as const,
    "commit" as const,
    "commit" as const,
    "get" as const,
    "scan" as const,
  ),
  turns: fc.nat({ max: 4 }),
  changes: fc.subarray(KEYS, { minLength: 1 }).chain((keys) => fc.tuple(...keys.map(changeOf))),
});

/** Compare-and-set under random interleavings, against a model. */
export const linearizableCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/commit/concurrent/linearizable",
    title:
      "behaves as if commits and reads took place one by one, each between its call and its answer (property)",
    async run(state) {
      let run = 0;
      const clients = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), {
        minLength: 2,
        maxLength: 4,
      });
      await fc.assert(
        fc.asyncProperty(clients, async (scripts) => {
          run++;
          const history = createHistory(state, `run-${run}/`);
          await Promise.all(scripts.map((script) => history.play(script)));
          await history.play([{ kind: "scan", turns: 0, changes: [] }]);
          assertLinearizable(history.commits, history.reads);
        }),
        { seed: 7, numRuns: 60 },
      );
    },
  },
];

/** Plays scripts against the store and writes down what happened, and when. */
function createHistory(state: StateStore, prefix: string) {
  const commits: CommitEvent[] = [];
  const reads: ReadEvent[] = [];
  const seen = new Map<string, ExpectedRevision>();
  const stale = new Map<string, ExpectedRevision>();
  let time = 0;

  return { commits, reads, play };

  async function play(script: readonly Step[]): Promise<void> {
    for (const { kind, turns, changes } of script) {
      for (let turn = 0; turn < turns; turn++) await undefined;
      if (kind === "commit") await commit(changes.flatMap((change) => toChange(change)));
      else await read(kind);
    }
  }

  function toChange({ key, action, expect }: Step["changes"][number]): StateChange[] {
    const name = prefix + key;
    const expected: Record<typeof expect, ExpectedRevision | undefined> = {
      none: undefined,
      seen: seen.get(name) ?? "absent",
      stale: stale.get(name) ?? "absent",
      absent: "absent",
    };
    if (action === "check") return [{ key: name, expect: expected[expect] ?? "absent" }];
    if (action === "delete") return [{ key: name, delete: true, expect: expected[expect] }];
    return [{ key: name, value: `${name} at ${time}`, expect: expected[expect] }];
  }

  async function commit(changes: readonly StateChange[]): Promise<void> {
    const calledAt = time++;
    try {
      const { revision } = await state.commit(changes);
      commits.push({ changes, calledAt, answeredAt: time++, revision });
      for (const change of changes) {
        if ("value" in change) remember(change.key, revision);
        if ("delete" in change) remember(change.key, "absent");
      }
    } catch (error) {
      if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
      commits.push({ changes, calledAt, answeredAt: time++, conflict: error.details });
      remember(error.details.key, error.details.actual);
    }
  }

  async function read(kind: "get" | "scan"): Promise<void> {
    const calledAt = time++;
    const keys = KEYS.map((key) => prefix + key);
    const entries = kind === "get" ? await state.get(keys) : await state.scan({ prefix });
    const found = entries.filter((entry): entry is StateEntry => entry !== undefined);
    assert.ok(
      found.every(({ key }) => keys.includes(key)),
      "a read gave a key that was not asked for",
    );
    reads.push({ entries: found, calledAt, answeredAt: time++ });
    for (const { key, revision } of found) remember(key, revision);
  }

  function remember(key: string, revision: ExpectedRevision): void {
    const before = seen.get(key);
    if (before !== undefined && before !== revision) stale.set(key, before);
    seen.set(key, revision);
  }
}
