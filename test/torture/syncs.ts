import { assert, newest, openIndex, type Scenario } from "./scenario.ts";

const COUNT = 20;

/** The source at a version: every document says which, and those of another third change each time. */
function sourceAt(version: number): { readonly id: string; readonly text: string }[] {
  return Array.from({ length: COUNT }, (_, n) => ({ id: `d${n}`, text: textOf(n, version) }));
}

function textOf(n: number, version: number): string {
  return `Document ${n} at version ${version - ((version + n) % 3)}.`;
}

/** Syncs of an index with a source that goes on changing. */
export const syncs: Scenario = {
  options: { segmentBytes: 32_768 },
  run: async (storage, round, tell) => {
    const index = await openIndex(storage, 2 * round);
    for (let version = 1000 * (round + 1); ; version++) {
      tell(`begun ${version}`);
      await index.sync(sourceAt(version), { mode: "full" });
      tell(`done ${version}`);
    }
  },
  check: async (storage, round, told) => {
    const index = await openIndex(storage, 2 * round + 1);
    const versions = told.filter((line) => line.startsWith("begun ")).map((line) => Number(line.slice(6)));
    const possible = versions.slice(Math.max(0, versions.indexOf(newest(told, "done"))));
    for (let n = 0; n < COUNT; n++) {
      const document = await index.get(`d${n}`);
      const text = document?.chunks.map((chunk) => chunk.text).join("");
      const known = possible.map((version) => textOf(n, version));
      const isKept = text === undefined ? newest(told, "done") === -1 : known.includes(text);
      assert(isKept, `document ${n} is ${text}, of ${known}`);
    }
    // What a crash left is undone or ended, and the next sync gets there.
    const version = newest(told, "begun") + 1;
    await index.sync(sourceAt(version), { mode: "full", checkVectors: true });
    told.push(`begun ${version}`, `done ${version}`);
    const found = await index.query("document version", { topK: COUNT });
    assert(found.length === COUNT, `${found.length} of ${COUNT} documents are found`);
    for (const { id } of found) assert((await index.get(id)) !== undefined, `${id} is found, but not there`);
    await index.close();
  },
};
