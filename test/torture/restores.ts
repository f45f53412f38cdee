import type { Index } from "@keelson/index-store";
import { assert, openIndex, type Scenario } from "./scenario.ts";

const KINDS = ["old", "new"] as const;
const COUNT = 12;

/** An index is restored to one of two snapshots and back. */
export const restores: Scenario = {
  options: { segmentBytes: 32_768 },
  run: async (storage, round, tell) => {
    const index = await openIndex(storage, 2 * round);
    while ((await index.snapshots()).length < KINDS.length) {
      const kind = KINDS[(await index.snapshots()).length] ?? "new";
      await index.upsert(
        Array.from({ length: COUNT }, (_, n) => ({ id: `d${n}`, text: `${kind} text ${n}` })),
      );
      await index.snapshot();
    }
    tell("ready");
    const ids = (await index.snapshots()).map(({ id }) => id).toSorted();
    for (let n = 0; ; n++) {
      const kind = n % 2;
      tell(`begun ${KINDS[kind]}`);
      await index.restore(ids[kind] ?? "");
      tell(`done ${KINDS[kind]}`);
      for (const { number, state } of await index.generations())
        if (state !== "live") await index.dropGeneration(number);
    }
  },
  check: async (storage, round, told) => {
    const index = await openIndex(storage, 2 * round + 1);
    if (told.includes("ready")) {
      const kind = await kindOf(index);
      const last = told.findLastIndex((line) => line.startsWith("done "));
      const possible = last === -1 ? ["ready new", ...told] : told.slice(last);
      assert(
        possible.some((line) => line.endsWith(` ${kind}`)),
        `the index is ${kind}, of ${possible}`,
      );
    }
    await index.close();
  },
};

/** What all documents are; "mixed" where they are of several kinds, or some are missing. */
async function kindOf(index: Index): Promise<string> {
  const kinds = new Set<string>();
  for (let n = 0; n < COUNT; n++) {
    const text = (await index.get(`d${n}`))?.chunks.map((chunk) => chunk.text).join("") ?? "missing";
    kinds.add(KINDS.find((kind) => text === `${kind} text ${n}`) ?? "mixed");
  }
  return kinds.size === 1 ? [...kinds].join("") : "mixed";
}
