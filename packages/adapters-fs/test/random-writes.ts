import { Secret, type Storage } from "@keelson/core";

/** One write of a trace. It does the same each time. */
export type Write = (storage: Storage) => Promise<unknown>;

const COLLECTIONS = ["one", "two"];
const SHAPE = { dimension: 2, metric: "dot" } as const;

/** All that a storage holds, as text. */
export async function digestOf(storage: Storage): Promise<string> {
  const vectors: unknown[] = [];
  for (const { name, dimension, metric } of await storage.vectors.list()) {
    const collection = await storage.vectors.open(name, { dimension, metric });
    const records = (await collection.scan?.({ limit: 10_000 })) ?? [];
    vectors.push([name, records.map((record) => ({ ...record, vector: [...record.vector] }))]);
  }
  const blobs = [];
  for (const { key, size } of await storage.blobs.list(""))
    blobs.push([key, size, [...((await storage.blobs.get(key)) ?? [])]]);
  const secrets = [];
  for (const name of await storage.secrets.list()) {
    const secret = await storage.secrets.read(name);
    secrets.push([name, secret?.payload.expose(), secret?.revision]);
  }
  return JSON.stringify({ state: await storage.state.scan({ limit: 10_000 }), vectors, blobs, secrets });
}

/** The n-th write of a trace, from 0: each makes one change that is there whole or not at all. */
export function randomWrite(next: () => number, n: number): Write {
  const name = COLLECTIONS[n];
  if (name !== undefined) return async ({ vectors }) => vectors.open(name, SHAPE);
  const pick = (count: number): number => Math.floor(next() * count);
  const id = String(pick(8));
  const kind = next();
  if (kind < 0.35) {
    const value = "v".repeat(pick(700));
    return async ({ state }) =>
      state.commit([
        { key: `from/${id}`, value: { n, value } },
        { key: `to/${id}`, value: n },
        { key: `gone/${id}`, delete: true },
      ]);
  }
  if (kind < 0.65) {
    const collection = COLLECTIONS[pick(COLLECTIONS.length)] as string;
    return async ({ vectors }) => {
      const docs = await vectors.open(collection, SHAPE);
      if (kind < 0.45) await docs.delete([id]);
      else await docs.upsert([{ id, vector: Float32Array.of(n, 1), text: `text ${n}` }]);
    };
  }
  if (kind < 0.85) {
    const bytes = new Uint8Array(pick(1300)).fill(n);
    return async ({ blobs }) => (kind < 0.7 ? blobs.delete(id) : blobs.put(id, bytes));
  }
  return async ({ secrets }) => {
    if (kind < 0.88) return secrets.delete(id);
    const expect = (await secrets.read(id))?.revision ?? "absent";
    return secrets.write(id, new Secret(`secret ${n}`, { name: id, version: n }), { expect });
  };
}

/** Numbers that look random and are the same in every run (a linear congruential generator). */
export function createNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
