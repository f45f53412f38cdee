import assert from "node:assert/strict";
import type { StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { assertSameJson } from "../fixtures/json-values.ts";
import { put } from "./read-state.ts";

/** Reading keys. */
export const getCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/get/works",
    title: "reads each key with its value and the revision of the commit that wrote it, in the order asked",
    async run(state) {
      const first = await put(state, { a: 1, b: { deep: ["two"] } });
      const second = await put(state, { b: "again" });
      const entries = await state.get(["b", "a"]);
      assertSameJson(
        entries.map((entry) => entry && { ...entry }),
        [
          { key: "b", value: "again", revision: second },
          { key: "a", value: 1, revision: first },
        ],
      );
    },
  },
  {
    id: "state-store/get/empty-input",
    title: "answers an empty list of keys with an empty list",
    async run(state) {
      await put(state, { a: 1 });
      assert.deepStrictEqual(await state.get([]), []);
    },
  },
  {
    id: "state-store/get/unknown-id",
    title: "answers undefined in the place of a key that is not there",
    async run(state) {
      await put(state, { a: null });
      await put(state, { gone: 1 });
      await state.commit([{ key: "gone", delete: true }]);
      const entries = await state.get(["never", "a", "gone", "A", "a "]);
      assert.deepStrictEqual(
        entries.map((entry) => entry?.value),
        [undefined, null, undefined, undefined, undefined],
      );
      assert.equal(entries.length, 5);
    },
  },
  {
    id: "state-store/get/duplicate",
    title: "answers a key that is asked for twice in both places",
    async run(state) {
      await put(state, { a: 1, b: 2 });
      const entries = await state.get(["a", "b", "a"]);
      assert.deepStrictEqual(
        entries.map((entry) => entry?.value),
        [1, 2, 1],
      );
    },
  },
  {
    id: "state-store/get/works/many",
    title: "reads a thousand keys at once",
    async run(state) {
      const values = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key/${i}`, i]));
      await put(state, values);
      const entries = await state.get(Object.keys(values));
      assert.deepStrictEqual(
        entries.map((entry) => entry?.value),
        Object.values(values),
      );
    },
  },
  {
    id: "state-store/get/concurrent",
    title: "never sees half of a commit, nor misses one that was acknowledged before",
    async run(state) {
      let acknowledged = 0;
      await interleave(
        async (round) => {
          await put(state, { left: round, right: round });
          acknowledged = round;
        },
        async () => {
          const before = acknowledged;
          const [left, right] = await state.get(["left", "right"]);
          assert.deepStrictEqual(left?.value, right?.value);
          assert.equal(left?.revision, right?.revision);
          assert.ok(Number(left?.value ?? 0) >= before, "an acknowledged commit was not seen");
        },
      );
    },
  },
];
