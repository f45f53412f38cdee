import assert from "node:assert/strict";
import type { StateStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { CaseContext, ConformanceCase } from "../conformance/conformance-case.ts";
import { put, readValue } from "./read-state.ts";

/** Watching, where the store can. Each case ends by a marker, so that what must not arrive would have by then. */
export const watchCases: readonly ConformanceCase<StateStore>[] = casesWhen<StateStore>(
  (state) => state.watch !== undefined,
  [
    {
      id: "state-store/watch/works",
      title: "reports the keys below the prefix that commits put or deleted, and no others",
      async run(state, context) {
        const seen = await watched(state, "a/", context, async () => {
          await state.commit([
            { key: "a/1", value: 1 },
            { key: "b/1", value: 1 },
            { key: "a", value: 1 },
          ]);
          await state.commit([{ key: "a/2", value: 1 }]);
        });
        assert.deepStrictEqual(new Set(seen.flat()), new Set(["a/1", "a/2", "a/end"]));
        const deleted = await watched(state, "a/", context, () =>
          state.commit([{ key: "a/1", delete: true }]),
        );
        assert.deepStrictEqual(new Set(deleted.flat()), new Set(["a/1", "a/end"]));
      },
    },
    {
      id: "state-store/watch/works/readable",
      title: "reports nothing before it can be read",
      async run(state, context) {
        const reads: Promise<unknown>[] = [];
        const end = watchOf(state, "", (keys) => {
          for (const key of keys) reads.push(readValue(state, key));
        });
        await put(state, { a: 1 });
        await put(state, { b: 1 });
        await context.eventually(() => assert.ok(reads.length >= 2, "the watch reported nothing"));
        end();
        assert.ok(
          (await Promise.all(reads)).every((value) => value === 1),
          "a key was reported before it could be read",
        );
      },
    },
    {
      id: "state-store/watch/works/end",
      title: "never calls the listener again after the watch was ended, and ending it twice is no error",
      async run(state, context) {
        const seen: string[] = [];
        const end = watchOf(state, "", (keys) => seen.push(...keys));
        await put(state, { a: 1 });
        await context.eventually(() => assert.ok(seen.includes("a")));
        end();
        end();
        await watched(state, "", context, () => put(state, { b: 1 }));
        assert.ok(!seen.includes("b"), "an ended watch was still called");
      },
    },
    {
      id: "state-store/watch/works/failed-commits",
      title: "reports neither commits that failed nor keys that were only checked",
      async run(state, context) {
        const revision = await put(state, { a: 1, fence: 1 });
        const seen = await watched(state, "", context, async () => {
          await Promise.resolve(
            state.commit([
              { key: "a", value: 2, expect: "absent" },
              { key: "c", value: 1 },
            ]),
          ).catch(() => {});
          await state.commit([
            { key: "fence", expect: revision },
            { key: "b", value: 1 },
          ]);
        });
        assert.deepStrictEqual(new Set(seen.flat()), new Set(["b", "end"]));
      },
    },
    {
      id: "state-store/watch/empty-input",
      title: "reports every key for an empty prefix",
      async run(state, context) {
        const seen = await watched(state, "", context, () => put(state, { a: 1, "\0": 1, "😀": 1 }));
        assert.deepStrictEqual(new Set(seen.flat()), new Set(["a", "\0", "😀", "end"]));
      },
    },
    {
      id: "state-store/watch/unknown-id",
      title: "watches a prefix without keys for those to come",
      async run(state, context) {
        const seen = await watched(state, "nothing/yet/", context, () => put(state, { "nothing/yet/1": 1 }));
        assert.ok(seen.flat().includes("nothing/yet/1"));
      },
    },
    {
      id: "state-store/watch/duplicate",
      title: "calls each of two watches of one prefix, and ends them one by one",
      async run(state, context) {
        const seen: string[] = [];
        const listener = (keys: readonly string[]): void => void seen.push(...keys);
        const endFirst = watchOf(state, "", listener);
        const endSecond = watchOf(state, "", listener);
        await put(state, { a: 1 });
        await context.eventually(() => assert.equal(seen.filter((key) => key === "a").length, 2));
        endFirst();
        await put(state, { b: 1 });
        await context.eventually(() => assert.ok(seen.includes("b"), "ending one watch ended the other"));
        endSecond();
      },
    },
    {
      id: "state-store/watch/concurrent",
      title: "reports every key of commits that run at once",
      async run(state, context) {
        const keys = Array.from({ length: 20 }, (_, i) => `key/${i}`);
        const seen = await watched(state, "", context, () =>
          Promise.all(keys.map((key) => state.commit([{ key, value: 1 }]))),
        );
        for (const key of keys) assert.ok(seen.flat().includes(key), `${key} was not reported`);
      },
    },
  ],
);

function watchOf(state: StateStore, prefix: string, listener: (keys: readonly string[]) => void): () => void {
  assert.ok(state.watch);
  return state.watch(prefix, listener);
}

/** What a watch saw of `work`, call by call, up to a last commit that marks the end. */
async function watched(
  state: StateStore,
  prefix: string,
  context: CaseContext<StateStore>,
  work: () => PromiseLike<unknown> | unknown,
): Promise<string[][]> {
  const calls: string[][] = [];
  const end = watchOf(state, prefix, (keys) => calls.push([...keys]));
  await work();
  await put(state, { [`${prefix}end`]: 1 });
  await context.eventually(() =>
    assert.ok(calls.flat().includes(`${prefix}end`), "the watch missed a commit"),
  );
  end();
  return calls;
}
