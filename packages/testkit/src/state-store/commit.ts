import assert from "node:assert/strict";
import type { StateChange, StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { brokenStrings } from "../fixtures/strings.ts";
import { assertContents, put, readValue } from "./read-state.ts";

/** Writing, without conditions. */
export const commitCases: readonly ConformanceCase<StateStore>[] = [
  {
    id: "state-store/commit/works",
    title: "puts, replaces and deletes keys in one commit, and answers with its revision",
    async run(state) {
      await put(state, { a: 1, b: 1, c: 1 });
      const { revision } = await state.commit([
        { key: "a", value: 2 },
        { key: "b", delete: true },
        { key: "d", value: { new: true } },
      ]);
      await assertContents(state, { a: 2, c: 1, d: { new: true } });
      const [a, c, d] = await state.get(["a", "c", "d"]);
      assert.equal(a?.revision, revision);
      assert.equal(d?.revision, revision);
      assert.ok(c && c.revision < revision, "a key that the commit did not touch has its revision");
    },
  },
  {
    id: "state-store/commit/works/revisions-grow",
    title: "answers with positive safe integers that grow with every commit, deletes included",
    async run(state) {
      let newest = 0;
      for (let round = 0; round < 5; round++) {
        for (const change of [
          { key: "a", value: 1 },
          { key: "b", value: 1 },
          { key: "a", delete: true },
        ] as const) {
          const { revision } = await state.commit([change]);
          assert.ok(Number.isSafeInteger(revision) && revision > 0, `${revision} is no revision`);
          assert.ok(revision > newest, "a revision did not grow");
          newest = revision;
        }
      }
    },
  },
  {
    id: "state-store/commit/works/many",
    title: "takes a thousand changes in one commit",
    async run(state) {
      const values = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key/${i}`, { i }]));
      await put(state, values);
      await assertContents(state, values);
      await state.commit(Object.keys(values).map((key) => ({ key, delete: true })));
      await assertContents(state, {});
    },
  },
  {
    id: "state-store/commit/empty-input",
    title: "answers an empty list with the newest revision, and changes nothing",
    async run(state) {
      await state.commit([]);
      await put(state, { a: 1 });
      const newest = await put(state, { b: 1 });
      assert.equal((await state.commit([])).revision, newest);
      assert.equal((await state.get(["b"]))[0]?.revision, newest);
      await assertContents(state, { a: 1, b: 1 });
    },
  },
  {
    id: "state-store/commit/unknown-id",
    title: "deletes a key that is not there without an error, and makes the commit's other changes",
    async run(state) {
      await state.commit([
        { key: "never", delete: true },
        { key: "a", value: 1 },
      ]);
      await assertContents(state, { a: 1 });
    },
  },
  {
    id: "state-store/commit/duplicate",
    title: "refuses two changes of one key with ID_DUPLICATE, and writes nothing",
    async run(state) {
      await put(state, { a: 1 });
      const twice: readonly (readonly StateChange[])[] = [
        [
          { key: "b", value: 1 },
          { key: "a", value: 2 },
          { key: "a", value: 3 },
        ],
        [
          { key: "b", value: 1 },
          { key: "a", value: 2 },
          { key: "a", delete: true },
        ],
        [
          { key: "b", value: 1 },
          { key: "c", expect: "absent" },
          { key: "c", value: 3 },
        ],
      ];
      for (const changes of twice) {
        const error = await rejection("ID_DUPLICATE", () => state.commit(changes));
        assert.equal(error.details.id, changes.at(-1)?.key);
      }
      await assertContents(state, { a: 1 });
    },
  },
  {
    id: "state-store/commit/refuses/keys",
    title: "refuses a malformed key with KEY_INVALID, and writes nothing",
    async run(state) {
      for (const key of ["", "x".repeat(4097), ...brokenStrings]) {
        await rejection("KEY_INVALID", () =>
          state.commit([
            { key: "a", value: 1 },
            { key, value: 1 },
          ]),
        );
      }
      await assertContents(state, {});
    },
  },
  {
    id: "state-store/commit/refuses/values",
    title: "refuses a value that is not JSON with VALUE_INVALID, and writes nothing",
    async run(state) {
      await put(state, { a: 1 });
      const cycle: Record<string, unknown> = {};
      cycle.self = cycle;
      const values = [
        undefined,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        1n,
        Symbol("s"),
        () => 1,
        new Date(0),
        new Map(),
        cycle,
      ];
      for (const wrong of values.flatMap((value) => [value, [value], { part: value }])) {
        const changes = [
          { key: "a", value: 2 },
          { key: "b", value: wrong },
        ] as unknown as StateChange[];
        await rejection("VALUE_INVALID", () => state.commit(changes));
      }
      await assertContents(state, { a: 1 });
      assert.equal(await readValue(state, "b"), undefined);
    },
  },
];
