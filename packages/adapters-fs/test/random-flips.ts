import { isKeelsonError, Secret } from "@keelson/core";
import { createNumbers, digestOf } from "./random-writes.ts";
import { createTestMachine, type TestMachine } from "./subject.ts";

/** What became of flipped bits. */
export interface FlipCounts {
  /** Were told, at opening or reading. */
  told: number;
  /** Changed nothing that can be read. */
  harmless: number;
}

/**
 * Flips one random bit of a big store, again and again, each in a copy of its own: the store has to say so, or to give
 * everything back unchanged.
 *
 * @throws when it gives back anything else.
 */
export async function flipRandomBits(seed: number, flips: number): Promise<FlipCounts> {
  const next = createNumbers(seed);
  const original = createTestMachine();
  await writeBigStore(original, next);
  const wanted = await digestOf(await createTestMachine(original.fileSystem.clone()).open());
  const files = original.fileSystem.files.keys().map((path) => ({
    path,
    length: original.fileSystem.files.get(path)?.length ?? 0,
  }));
  const total = files.reduce((sum, { length }) => sum + length, 0);

  const counts: FlipCounts = { told: 0, harmless: 0 };
  for (let n = 0; n < flips; n++) {
    // Half of them by size, half by file: else the small files would hardly be met.
    let at = Math.floor(next() * total);
    let file = files[Math.floor(next() * files.length)] as (typeof files)[number];
    if (n % 2 === 0)
      for (file of files)
        if (at < file.length) break;
        else at -= file.length;
    const damaged = original.fileSystem.clone();
    const bytes = damaged.files.get(file.path) ?? new Uint8Array();
    const place = n % 2 === 0 ? at : Math.floor(next() * bytes.length);
    bytes[place] = (bytes[place] as number) ^ (1 << Math.floor(next() * 8));
    damaged.files.set(file.path, bytes);
    try {
      const storage = await createTestMachine(damaged).open();
      if ((await digestOf(storage)) !== wanted)
        throw new Error(`a flip at byte ${place} of ${file.path} went unnoticed`);
      counts.harmless++;
    } catch (error) {
      if (!isKeelsonError(error, "STORE_CORRUPT") && !isKeelsonError(error, "SECRET_UNREADABLE")) throw error;
      counts.told++;
    }
  }
  return counts;
}

async function writeBigStore(machine: TestMachine, next: () => number): Promise<void> {
  const storage = await machine.open({ segmentBytes: 200_000 });
  const docs = await storage.vectors.open("docs", { dimension: 64, metric: "cosine" });
  const random = (n: number): string =>
    Array.from({ length: n }, () => next().toString(36).slice(2, 6)).join(" ");
  for (let batch = 0; batch < 20; batch++) {
    await docs.upsert(
      Array.from({ length: 50 }, (_, n) => ({
        id: `${batch}/${n}`,
        vector: Float32Array.from({ length: 64 }, () => next() - 0.5),
        text: random(60),
        metadata: { batch, n },
      })),
    );
    await storage.state.commit([{ key: `batch/${batch}`, value: random(40) }]);
    await storage.blobs.put(`blob/${batch}`, new Uint8Array(5000).fill(batch));
    await storage.secrets.write(`secret/${batch}`, new Secret(random(4), { name: "s", version: 1 }), {
      expect: "absent",
    });
    // Half of it lies in a checkpoint then, half in the log.
    if (batch === 9) await storage.reclaim?.();
  }
  await docs.delete(Array.from({ length: 25 }, (_, n) => `3/${n}`));
  machine.kill();
}
