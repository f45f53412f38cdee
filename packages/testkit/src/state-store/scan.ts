import assert from "node:assert/strict";
import type { StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { awkwardStrings, byCodeUnits } from "../fixtures/strings.ts";
import { assertKeys, put } from "./read-state.ts";

const values = (keys: readonly string[]) => Object.fromEntries(keys.map((key, i) => [key, i]));

/** Reading in order. */
export const scanCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/scan/works",
    title: "lists the entries below a prefix by ascending key, with values and revisions",
    async run(state) {
      const revision = await put(state, { "b/2": 2, "a/1": 1, "b/1": [1], b: 0, "c/1": 3 });
      const entries = await state.scan({ prefix: "b/" });
      assertKeys(entries, ["b/1", "b/2"]);
      assert.deepStrictEqual(entries[0]?.value, [1]);
      assert.equal(entries[0]?.revision, revision);
      assertKeys(await state.scan(), ["a/1", "b", "b/1", "b/2", "c/1"]);
    },
  },
  {
    id: "state-store/scan/works/order",
    title: "orders keys as JavaScript orders strings, by UTF-16 code units",
    async run(state) {
      await put(state, values([...awkwardStrings].reverse()));
      assertKeys(await state.scan(), [...awkwardStrings].sort(byCodeUnits));
    },
  },
  {
    id: "state-store/scan/works/prefix",
    title: "takes the prefix literally, whatever characters it holds",
    async run(state) {
      const keys = awkwardStrings.flatMap((text) => [
        text,
        `${text}${text}`,
        `${text}/x`,
        `${text}\u{10ffff}`,
      ]);
      await put(state, values([...new Set(keys)]));
      for (const prefix of awkwardStrings) {
        const expected = [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort(byCodeUnits);
        assertKeys(await state.scan({ prefix }), expected);
      }
    },
  },
  {
    id: "state-store/scan/works/limit",
    title: "returns `limit` entries at the most, and 1,000 where none is given",
    async run(state) {
      const keys = Array.from({ length: 1001 }, (_, i) => `key/${String(i).padStart(4, "0")}`);
      await put(state, values(keys));
      assertKeys(await state.scan({ limit: 1 }), keys.slice(0, 1));
      assertKeys(await state.scan({ limit: 10 }), keys.slice(0, 10));
      assertKeys(await state.scan({ limit: 1001 }), keys);
      assertKeys(await state.scan({ limit: 5000 }), keys);
      assertKeys(await state.scan(), keys.slice(0, 1000));
    },
  },
  {
    id: "state-store/scan/works/after",
    title: "starts behind `after`, which counts by order alone and need not lie below the prefix",
    async run(state) {
      await put(state, values(["a", "b/1", "b/2", "b/3", "c"]));
      assertKeys(await state.scan({ after: "b/1" }), ["b/2", "b/3", "c"]);
      assertKeys(await state.scan({ prefix: "b/", after: "b/1" }), ["b/2", "b/3"]);
      assertKeys(await state.scan({ prefix: "b/", after: "a" }), ["b/1", "b/2", "b/3"]);
      assertKeys(await state.scan({ prefix: "b/", after: "c" }), []);
      assertKeys(await state.scan({ prefix: "b/", after: "b/1", limit: 1 }), ["b/2"]);
    },
  },
  {
    id: "state-store/scan/empty-input",
    title: "lists nothing of an empty store, and all for an empty prefix",
    async run(state) {
      assertKeys(await state.scan(), []);
      assertKeys(await state.scan({ prefix: "" }), []);
      await put(state, values(["a", "b"]));
      assertKeys(await state.scan({ prefix: "" }), ["a", "b"]);
    },
  },
  {
    id: "state-store/scan/unknown-id",
    title: "lists nothing below a prefix without keys, and starts behind an `after` that is not there",
    async run(state) {
      await put(state, values(["a", "c", "gone"]));
      await state.commit([{ key: "gone", delete: true }]);
      assertKeys(await state.scan({ prefix: "b" }), []);
      assertKeys(await state.scan({ prefix: "gone" }), []);
      assertKeys(await state.scan({ after: "b" }), ["c"]);
      assertKeys(await state.scan({ after: "z" }), []);
    },
  },
  {
    id: "state-store/scan/duplicate",
    title: "gives every entry exactly once when read page by page, whatever the page's size",
    async run(state) {
      const keys = [...awkwardStrings].sort(byCodeUnits);
      await put(state, values(keys));
      for (const limit of [1, 2, 7, keys.length, keys.length + 1]) {
        const read: string[] = [];
        while (true) {
          const page = await state.scan({ after: read.at(-1), limit });
          read.push(...page.map(({ key }) => key));
          assert.ok(read.length <= keys.length, "paging gave an entry twice");
          if (page.length < limit) break;
        }
        assert.deepStrictEqual(read, keys);
      }
    },
  },
  {
    id: "state-store/scan/concurrent",
    title: "shows one state in one page, never half of a commit",
    async run(state) {
      const names = ["a", "b", "c", "d"];
      await interleave(
        async (round) => {
          await put(state, Object.fromEntries(names.map((name) => [`row/${name}`, round])));
        },
        async () => {
          const page = await state.scan({ prefix: "row/" });
          assert.ok(page.length === 0 || page.length === names.length, "a page showed half of a commit");
          assert.ok(new Set(page.map(({ value }) => value)).size <= 1, "a page mixed two commits");
        },
      );
    },
  },
];
