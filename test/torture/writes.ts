import { assert, type Scenario } from "./scenario.ts";

/** Eight writers at once: blobs, vectors, and commits of two keys. */
export const writes: Scenario = {
  options: { segmentBytes: 16_384 },
  run: async ({ vectors, state, blobs }, round, tell) => {
    const docs = await vectors.open("docs", { dimension: 8, metric: "cosine" });
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const id = `${round}/${writer}/${n}`;
        if (writer === 0) await blobs.put(id, Buffer.from(id.repeat(50)));
        else if (writer % 2 === 0) await docs.upsert([{ id, vector: vectorOf(n), text: id }]);
        else
          await state.commit([
            { key: id, value: { n } },
            { key: `${id}/too`, value: n },
          ]);
        tell(id);
      }
    });
    await Promise.all(writers);
  },
  check: async ({ vectors, state, blobs }, _, told) => {
    const docs = await vectors.open("docs", { dimension: 8, metric: "cosine" });
    const values = new Map((await state.scan({ limit: 1_000_000 })).map(({ key, value }) => [key, value]));
    for (const id of told) {
      const [, writer = 0, n = 0] = id.split("/").map(Number);
      if (writer === 0) {
        const content = Buffer.from((await blobs.get(id)) ?? []).toString();
        assert(content === id.repeat(50), `the blob ${id} is lost`);
      } else if (writer % 2 === 0) {
        const [record] = await docs.get([id]);
        assert(
          record?.text === id && String(record.vector) === String(vectorOf(n)),
          `the vector ${id} is lost`,
        );
      } else {
        assert(JSON.stringify(values.get(id)) === JSON.stringify({ n }), `the key ${id} is lost`);
      }
    }
    for (const key of values.keys())
      assert(values.has(key.endsWith("/too") ? key.slice(0, -4) : `${key}/too`), `half a commit at ${key}`);
  },
};

function vectorOf(n: number): Float32Array {
  return new Float32Array(8).fill(n + 1);
}
