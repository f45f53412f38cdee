import { describe, expect, it } from "vitest";
import { type StateEntry, type StateStore, scanState } from "../src/index.ts";

function storeOf(keys: readonly string[]): { state: StateStore; pages: number[] } {
  const entries: StateEntry[] = keys.toSorted().map((key) => ({ key, value: 1, revision: 1 }));
  const pages: number[] = [];
  const state: StateStore = {
    get: () => [],
    commit: () => ({ revision: 1 }),
    scan: ({ prefix = "", after = "", limit = 1000 } = {}) => {
      const page = entries.filter(({ key }) => key.startsWith(prefix) && key > after).slice(0, limit);
      pages.push(page.length);
      return page;
    },
  };
  return { state, pages };
}

async function keysOf(entries: AsyncIterable<StateEntry>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of entries) keys.push(key);
  return keys;
}

describe("scanState", () => {
  it("reads every page, once", async () => {
    const { state, pages } = storeOf(["a/1", "a/2", "a/3", "a/4", "a/5", "b"]);
    expect(await keysOf(scanState(state, { prefix: "a/", limit: 2 }))).toEqual([
      "a/1",
      "a/2",
      "a/3",
      "a/4",
      "a/5",
    ]);
    expect(pages).toEqual([2, 2, 1]);
  });

  it("asks once more where the last page is full, and yields nothing for nothing", async () => {
    const full = storeOf(["a", "b"]);
    expect(await keysOf(scanState(full.state, { limit: 2 }))).toEqual(["a", "b"]);
    expect(full.pages).toEqual([2, 0]);
    expect(await keysOf(scanState(storeOf([]).state))).toEqual([]);
  });

  it("starts behind `after`", async () => {
    expect(await keysOf(scanState(storeOf(["a", "b", "c"]).state, { after: "a" }))).toEqual(["b", "c"]);
  });
});
