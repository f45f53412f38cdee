import { assert, openIndex, type Scenario } from "./scenario.ts";

/** Snapshots of an index that goes on changing. */
export const snapshots: Scenario = {
  options: { segmentBytes: 32_768 },
  run: async (storage, round, tell) => {
    const index = await openIndex(storage, 2 * round);
    for (let n = 0; ; n++) {
      await index.upsert([{ id: `d${n % 10}`, text: `Round ${round}, document ${n}.` }]);
      const { id, digest } = await index.snapshot();
      tell(`${id} ${digest}`);
    }
  },
  check: async (storage, round, told) => {
    const index = await openIndex(storage, 2 * round + 1);
    const listed = new Map((await index.snapshots()).map((each) => [each.id, each]));
    for (const line of told) assert(listed.has(line.split(" ")[0] ?? ""), `the snapshot ${line} is lost`);
    // The newest ones, whole; those before them were read in the rounds before.
    for (const id of [...listed.keys()].toSorted().slice(-3)) {
      const report = await index.verify(id);
      assert(report.ok, `the snapshot ${id} is damaged: ${JSON.stringify(report.faults)}`);
    }
    await index.close();
  },
};
