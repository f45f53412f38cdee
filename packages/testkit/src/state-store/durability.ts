import assert from "node:assert/strict";
import type { StateStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { assertSameJson, awkwardJson } from "../fixtures/json-values.ts";
import { awkwardStrings } from "../fixtures/strings.ts";
import { put } from "./read-state.ts";

/** What is there after reopening. */
export const durabilityCases: readonly ConformanceCase<StateStore>[] = casesWhen<StateStore>(
  (_, context) => context.canReopen,
  [
    {
      id: "state-store/commit/durable",
      title: "has every acknowledged commit after reopening: values, revisions and deletions",
      async run(state, context) {
        await state.commit(awkwardJson.map((value, i) => ({ key: `value/${i}`, value })));
        await state.commit(awkwardStrings.map((text, i) => ({ key: `key/${text}`, value: i })));
        await put(state, { replaced: 1, deleted: 1 });
        await put(state, { replaced: 2 });
        await state.commit([{ key: "deleted", delete: true }]);
        const before = await state.scan({ limit: 5000 });
        const reopened = await context.reopen();
        assertSameJson(
          (await reopened.scan({ limit: 5000 })).map((entry) => ({ ...entry })),
          before.map((entry) => ({ ...entry })),
        );
      },
    },
    {
      id: "state-store/commit/durable/revisions",
      title: "goes on above every revision it ever gave, even where the newest commit deleted everything",
      async run(state, context) {
        const old = await put(state, { a: 1 });
        const { revision: newest } = await state.commit([{ key: "a", delete: true }]);
        const reopened = await context.reopen();
        const again = await put(reopened, { a: 1 });
        assert.ok(again > newest, "a revision came back after reopening");
        await rejection("STATE_CONFLICT", () => reopened.commit([{ key: "a", value: 2, expect: old }]));
      },
    },
    {
      id: "state-store/commit/durable/concurrent",
      title: "has every one of many commits acknowledged at once after reopening",
      async run(state, context) {
        const keys = Array.from({ length: 50 }, (_, i) => `key/${String(i).padStart(2, "0")}`);
        await Promise.all(keys.map((key) => state.commit([{ key, value: key }])));
        const reopened = await context.reopen();
        assert.deepStrictEqual(
          (await reopened.scan()).map(({ key, value }) => [key, value]),
          keys.map((key) => [key, key]),
        );
      },
    },
  ],
);
