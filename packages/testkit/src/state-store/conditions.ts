import assert from "node:assert/strict";
import type { StateChange, StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { assertContents, put } from "./read-state.ts";

/** Writing, with conditions. */
export const conditionCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/commit/conditions",
    title: "goes through when every key is at the revision expected of it",
    async run(state) {
      const first = await put(state, { a: 1, b: 1, c: 1 });
      await state.commit([
        { key: "a", value: 2, expect: first },
        { key: "b", delete: true, expect: first },
        { key: "c", expect: first },
        { key: "d", value: 1, expect: "absent" },
        { key: "e", delete: true, expect: "absent" },
        { key: "f", expect: "absent" },
      ]);
      await assertContents(state, { a: 2, c: 1, d: 1 });
    },
  },
  {
    id: "state-store/commit/conditions/conflict",
    title: "rejects with STATE_CONFLICT, which says what was expected and found, and writes nothing",
    async run(state) {
      const old = await put(state, { a: 1 });
      const actual = await put(state, { a: 2 });
      const wrong: readonly (readonly [StateChange & { key: string }, number | "absent"])[] = [
        [{ key: "a", value: 3, expect: old }, actual],
        [{ key: "a", value: 3, expect: actual + 1 }, actual],
        [{ key: "a", value: 3, expect: "absent" }, actual],
        [{ key: "a", delete: true, expect: old }, actual],
        [{ key: "a", delete: true, expect: "absent" }, actual],
        [{ key: "a", expect: old }, actual],
        [{ key: "a", expect: "absent" }, actual],
        [{ key: "none", value: 3, expect: actual }, "absent"],
        [{ key: "none", delete: true, expect: actual }, "absent"],
        [{ key: "none", expect: actual }, "absent"],
      ];
      for (const [change, found] of wrong) {
        const changes: StateChange[] = [{ key: "before", value: 1 }, change, { key: "z-behind", value: 1 }];
        const { details } = await rejection("STATE_CONFLICT", () => state.commit(changes));
        assert.deepStrictEqual({ ...details }, { key: change.key, expect: change.expect, actual: found });
      }
      await assertContents(state, { a: 2 });
      assert.equal((await state.get(["a"]))[0]?.revision, actual);
    },
  },
  {
    id: "state-store/commit/conditions/first-conflict",
    title: "names the first key that is not as expected, in the order given",
    async run(state) {
      const revision = await put(state, { a: 1, b: 1, c: 1 });
      const changes: readonly StateChange[] = [
        { key: "c", value: 2, expect: revision },
        { key: "b", value: 2, expect: "absent" },
        { key: "a", value: 2, expect: "absent" },
      ];
      const { details } = await rejection("STATE_CONFLICT", () => state.commit(changes));
      assert.equal(details.key, "b");
    },
  },
  {
    id: "state-store/commit/conditions/no-revision-returns",
    title: "never meets an old expectation again after the key was deleted and created anew",
    async run(state) {
      const seen: number[] = [];
      for (let round = 0; round < 5; round++) {
        seen.push(await put(state, { a: "same value" }));
        await state.commit([{ key: "a", delete: true }]);
      }
      const live = await put(state, { a: "same value" });
      for (const expect of seen) {
        await rejection("STATE_CONFLICT", () => state.commit([{ key: "a", value: "stolen", expect }]));
      }
      await state.commit([{ key: "a", value: "mine", expect: live }]);
      await assertContents(state, { a: "mine" });
    },
  },
  {
    id: "state-store/commit/conditions/own-key-only",
    title: "judges each key by its own revision, not by that of the newest commit",
    async run(state) {
      const first = await put(state, { a: 1 });
      await put(state, { b: 1 });
      await state.commit([{ key: "a", value: 2, expect: first }]);
      await assertContents(state, { a: 2, b: 1 });
    },
  },
  {
    id: "state-store/commit/conditions/checks-keep-revisions",
    title: "leaves value and revision of a key that it only checks",
    async run(state) {
      const fence = await put(state, { fence: "token" });
      await state.commit([
        { key: "fence", expect: fence },
        { key: "a", value: 1 },
      ]);
      await state.commit([
        { key: "fence", expect: fence },
        { key: "a", value: 2 },
      ]);
      const [entry] = await state.get(["fence"]);
      assert.equal(entry?.revision, fence);
      assert.equal(entry?.value, "token");
    },
  },
  {
    id: "state-store/commit/concurrent",
    title: "loses no update of writers that read, expect and try again",
    async run(state) {
      await put(state, { counter: 0 });
      const add = async (): Promise<void> => {
        let tries = 0;
        for (let done = 0; done < 5; ) {
          assert.ok(++tries <= 500, "writers keep each other from ever getting through");
          const [entry] = await state.get(["counter"]);
          try {
            await state.commit([
              { key: "counter", value: Number(entry?.value) + 1, expect: entry?.revision ?? "absent" },
            ]);
            done++;
          } catch (error) {
            if ((error as { code?: unknown }).code !== "STATE_CONFLICT") throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 6 }, add));
      await assertContents(state, { counter: 30 });
    },
  },
];
