import assert from "node:assert/strict";
import type { Json, StateChange, StateStore } from "@keelson/core";
import fc from "fast-check";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { freeze } from "../fixtures/freeze.ts";
import { assertSameJson, awkwardJson } from "../fixtures/json-values.ts";
import { awkwardStrings, longString } from "../fixtures/strings.ts";
import { assertContents, contents, put, readValue } from "./read-state.ts";

/** What keys and values may be, and whose they are. */
export const contentCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/commit/works/awkward-keys",
    title: "keeps keys of every kind of Unicode apart: paths, separators, NUL, case, normal forms",
    async run(state) {
      await state.commit(awkwardStrings.map((key, i) => ({ key, value: i })));
      assert.deepStrictEqual(
        (await state.get(awkwardStrings)).map((entry) => [entry?.key, entry?.value]),
        awkwardStrings.map((key, i) => [key, i]),
      );
      for (const key of awkwardStrings.slice(0, -1)) await state.commit([{ key, delete: true }]);
      const last = awkwardStrings.at(-1) ?? "";
      await assertContents(state, { [last]: awkwardStrings.length - 1 });
    },
  },
  {
    id: "state-store/commit/works/long-keys",
    title: "takes keys of up to 4,096 UTF-16 code units, and tells them apart by the last",
    async run(state) {
      const [a, b] = [longString(4096), `${longString(4095)}y`];
      await put(state, { [a]: "a", [b]: "b" });
      assert.equal(await readValue(state, a), "a");
      assert.equal(await readValue(state, b), "b");
    },
  },
  {
    id: "state-store/commit/works/awkward-values",
    title: "gives back JSON of every kind and depth as it was put",
    async run(state) {
      const keys = awkwardJson.map((_, i) => `value/${i}`);
      await state.commit(awkwardJson.map((value, i) => ({ key: `value/${i}`, value })));
      const entries = await state.get(keys);
      for (const [i, entry] of entries.entries()) assertSameJson(entry?.value, awkwardJson[i]);
    },
  },
  {
    id: "state-store/commit/works/any-json",
    title: "gives back any JSON value as it was put (property)",
    async run(state) {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.jsonValue({ noUnicodeString: false }), { minLength: 1, maxLength: 30 }),
          async (list) => {
            const values = list as Json[];
            await state.commit(values.map((value, i) => ({ key: `any/${i}`, value })));
            const entries = await state.get(values.map((_, i) => `any/${i}`));
            for (const [i, entry] of entries.entries()) assertSameJson(entry?.value, values[i]);
          },
        ),
        { seed: 1, numRuns: 30 },
      );
    },
  },
  {
    id: "state-store/commit/copies",
    title:
      "owns what it stores: changing what was passed in changes nothing, and the input is left as it was",
    async run(state) {
      const value = { list: [1, { deep: "before" }] };
      const changes: StateChange[] = [{ key: "a", value }];
      await state.commit(changes);
      value.list.push(2);
      (value.list[1] as { deep: string }).deep = "after";
      changes.length = 0;
      await assertContents(state, { a: { list: [1, { deep: "before" }] } });
      await state.commit(
        freeze<StateChange[]>([
          { key: "b", value: { c: [1] } },
          { key: "a", delete: true },
        ]),
      );
      await assertContents(state, { b: { c: [1] } });
    },
  },
  {
    id: "state-store/get/copies",
    title: "gives copies, or frozen values: changing what was read changes nothing",
    async run(state) {
      await put(state, { a: { list: [1] } });
      for (const [entry] of [await state.get(["a"]), await state.scan({ prefix: "a" })]) {
        const value = entry?.value as { list: number[]; more?: boolean };
        attempt(() => value.list.push(2));
        attempt(() => {
          value.more = true;
        });
      }
      assertSameJson(await contents(state), { a: { list: [1] } });
    },
  },
];

// A frozen value throws, a copy does not: both are right.
function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    assert.ok(error instanceof TypeError);
  }
}
