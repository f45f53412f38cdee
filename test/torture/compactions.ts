import { assert, newest, type Scenario } from "./scenario.ts";

/** Four writers that overwrite their keys and records, while the files are compacted all the time. */
export const compactions: Scenario = {
  options: { segmentBytes: 4096, compactFromBytes: 1024, compactAt: 0.2 },
  run: async (storage, round, tell) => {
    const docs = await storage.vectors.open("docs", { dimension: 4, metric: "dot" });
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 1000 * round; ; n++) {
        tell(`begun-${writer} ${n}`);
        await docs.upsert([{ id: `w${writer}`, vector: Float32Array.of(n, 0, 0, 1), text: "x".repeat(200) }]);
        await storage.state.commit([
          { key: `w${writer}`, value: n },
          { key: `w${writer}/too`, value: n },
        ]);
        tell(`done-${writer} ${n}`);
      }
    });
    const compactor = async (): Promise<void> => {
      while (true) await storage.reclaim?.();
    };
    await Promise.all([...writers, compactor()]);
  },
  check: async ({ vectors, state }, _, told) => {
    const docs = await vectors.open("docs", { dimension: 4, metric: "dot" });
    for (let writer = 0; writer < 4; writer++) {
      const [done, begun] = [newest(told, `done-${writer}`), newest(told, `begun-${writer}`)];
      const [key, too] = (await state.get([`w${writer}`, `w${writer}/too`])).map(
        (entry) => entry?.value ?? -1,
      );
      const [record] = await docs.get([`w${writer}`]);
      const found = [Number(key), record?.vector[0] ?? -1];
      assert(key === too, `half a commit of writer ${writer}`);
      for (const n of found)
        assert(done <= n && n <= begun, `writer ${writer}: ${found}, of ${done} to ${begun}`);
    }
  },
};
