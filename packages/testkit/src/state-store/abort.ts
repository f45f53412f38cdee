import assert from "node:assert/strict";
import type { StateStore } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertSameJson } from "../fixtures/json-values.ts";
import { assertContents, contents, put } from "./read-state.ts";

const before = { a: "old", b: "old" };

const probes: readonly AbortProbe<StateStore>[] = [
  {
    method: "get",
    prepare: (state) => put(state, before),
    call: (state, signal) => state.get(["a", "b"], { signal }),
    answer: (entries) =>
      assert.deepStrictEqual(
        (entries as { value: string }[]).map(({ value }) => value),
        ["old", "old"],
      ),
  },
  {
    method: "scan",
    prepare: (state) => put(state, before),
    call: (state, signal) => state.scan({ signal }),
    answer: (entries) =>
      assert.deepStrictEqual(
        (entries as { key: string }[]).map(({ key }) => key),
        ["a", "b"],
      ),
  },
  {
    method: "commit",
    prepare: (state) => put(state, before),
    call: (state, signal) =>
      state.commit(
        [
          { key: "a", value: "new" },
          { key: "b", delete: true },
          { key: "c", value: "new" },
        ],
        { signal },
      ),
    untouched: (state) => assertContents(state, before),
    settled: async (state, done) => {
      const now = await contents(state);
      const after = { a: "new", c: "new" };
      // A commit that was under way may still take place although its call rejected: wholly, or not at all.
      assertSameJson(now, done || !("b" in now) ? after : before);
      await state.commit([
        { key: "a", value: "old" },
        { key: "b", value: "old" },
        { key: "c", delete: true },
      ]);
    },
  },
];

/** Aborting, as the SDK does it. */
export const abortStateCases: readonly ConformanceCase<StateStore>[] = abortCases("state-store", probes);

/** Aborting, as users do it. */
export const strictAbortStateCases: readonly ConformanceCase<StateStore>[] = strictAbortCases(
  "state-store",
  probes,
);
