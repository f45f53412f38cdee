import { writeSync } from "node:fs";
import { openFsStorage } from "@keelson/adapters-fs";

// Opens the directory it is told and writes until it is killed, telling each acknowledgement.
const [directory = "", round = ""] = process.argv.slice(2);
const tell = (line: string): void => void writeSync(1, `${line}\n`);

const storage = await openFsStorage(directory, { segmentBytes: 16_384 });
const docs = await storage.vectors.open("docs", { dimension: 8, metric: "cosine" });
tell("open");

const writers = Array.from({ length: 8 }, async (_, writer) => {
  for (let n = 0; ; n++) {
    const id = `${round}/${writer}/${n}`;
    if (writer === 0) await storage.blobs.put(id, Buffer.from(id.repeat(50)));
    else if (writer % 2 === 0) await docs.upsert([{ id, vector: new Float32Array(8).fill(n + 1), text: id }]);
    else
      await storage.state.commit([
        { key: id, value: { n } },
        { key: `${id}/too`, value: n },
      ]);
    tell(id);
  }
});
await Promise.all(writers);
