import type { Storage } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createFaultyStorage, runConformance, storageCases, writeOperations } from "../src/index.ts";
import { createHastyClock } from "./references/hasty-clock.ts";
import { referenceHarness } from "./references/reference-storage.ts";

const createStorage = (): Storage => referenceHarness().create({ name: "", directory: () => "" }) as Storage;
const put = (storage: Storage, key: string) => storage.state.commit([{ key, value: 1 }]);
const keysOf = async (storage: Storage) => (await storage.state.scan()).map(({ key }) => key);
const records = ["a", "b", "c"].map((id) => ({ id, vector: Float32Array.of(1) }));
const openDocs = (storage: Storage) => storage.vectors.open("docs", { dimension: 1, metric: "dot" });

describe("createFaultyStorage", () => {
  it("changes nothing without a plan: it passes every case that the storage under it passes", {
    timeout: 60_000,
  }, async () => {
    const harness = referenceHarness();
    const under = new WeakMap<Storage, Storage>();
    const wrap = (storage: Storage): Storage => {
      const faulty = createFaultyStorage(storage);
      under.set(faulty, storage);
      return faulty;
    };
    const report = await runConformance(storageCases, {
      create: async (place) => wrap(await harness.create(place)),
      reopen: async (storage, place) =>
        wrap((await harness.reopen?.(under.get(storage) as Storage, place)) as Storage),
      clock: createHastyClock(),
    });
    expect(report.failed).toEqual([]);
  });

  it("counts calls, and steps among those that the plan counts", async () => {
    const faulty = createFaultyStorage(createStorage(), { at: 99, on: ["state.commit"] });
    await put(faulty, "a");
    await faulty.state.get(["a"]);
    await put(faulty, "b");
    expect(faulty.calls).toEqual([
      { number: 1, operation: "state.commit", step: 1 },
      { number: 2, operation: "state.get", step: undefined },
      { number: 3, operation: "state.commit", step: 2 },
    ]);
    expect([faulty.steps, faulty.fired]).toEqual([2, false]);
  });

  it("fails the chosen call without effect, and no other", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { at: 2 });
    await put(faulty, "a");
    await expect(put(faulty, "b")).rejects.toThrow("failed at step 2, state.commit");
    await put(faulty, "c");
    expect(await keysOf(storage)).toEqual(["a", "c"]);
    expect(faulty.fired).toBe(true);
  });

  it("fails several calls in a row, with the error it is given, undefined included", async () => {
    const error = { any: "value" };
    const faulty = createFaultyStorage(createStorage(), { at: 1, times: 2, error });
    await expect(put(faulty, "a")).rejects.toBe(error);
    await expect(put(faulty, "a")).rejects.toBe(error);
    await put(faulty, "a");
    await expect(put(createFaultyStorage(createStorage(), { at: 1, error: undefined }), "a")).rejects.toBe(
      undefined,
    );
  });

  it("lets a call that fails after its effect take effect", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { at: 1, effect: "fail-after" });
    await expect(put(faulty, "a")).rejects.toThrow("failed at step 1");
    await put(faulty, "b");
    expect(await keysOf(storage)).toEqual(["a", "b"]);
  });

  it("is dead after a kill: the call has no effect, and nor have those after it or at once with it", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { at: 2, effect: "kill" });
    const outcomes = await Promise.allSettled(["a", "b", "c"].map((key) => put(faulty, key)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await expect(faulty.blobs.list("")).rejects.toThrow("killed at step 2");
    expect(await keysOf(storage)).toEqual(["a"]);
  });

  it("is dead after a call that it is killed behind", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { at: 1, effect: "kill-after" });
    await expect(put(faulty, "a")).rejects.toThrow("killed at step 1");
    await expect(put(faulty, "b")).rejects.toThrow("killed at step 1");
    expect(await keysOf(storage)).toEqual(["a"]);
  });

  it("leaves half of an upsert and of a deletion that it is killed within, and nothing of a commit", async () => {
    const storage = createStorage();
    const idsOf = async () => (await (await openDocs(storage)).scan?.())?.map(({ id }) => id);

    const upserting = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "kill-within" });
    await expect((await openDocs(upserting)).upsert(records)).rejects.toThrow(
      "killed at step 1, vectors.upsert",
    );
    expect(await idsOf()).toEqual(["a", "b"]);

    const deleting = createFaultyStorage(storage, { on: ["vectors.delete"], at: 1, effect: "kill-within" });
    await expect((await openDocs(deleting)).delete(["a", "b"])).rejects.toThrow(
      "killed at step 1, vectors.delete",
    );
    expect(await idsOf()).toEqual(["b"]);

    const committing = createFaultyStorage(storage, { on: ["state.commit"], at: 1, effect: "kill-within" });
    await expect(put(committing, "a")).rejects.toThrow("killed at step 1");
    expect(await keysOf(storage)).toEqual([]);
  });

  it("holds a call until it is released, while others go on", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { on: ["state.commit"], at: 1, effect: "hold" });
    const held = put(faulty, "held");
    expect((await faulty.reached).operation).toBe("state.commit");
    await put(faulty, "other");
    expect(await keysOf(storage)).toEqual(["other"]);
    faulty.release();
    await held;
    expect(await keysOf(storage)).toEqual(["held", "other"]);
  });

  it("holds the answer of a call that has taken effect until it is released", async () => {
    const storage = createStorage();
    const faulty = createFaultyStorage(storage, { on: ["state.get"], at: 1, effect: "hold-after" });
    await put(storage, "a");
    const held = faulty.state.get(["a", "b"]);
    await faulty.reached;
    await put(faulty, "b");
    expect(await keysOf(storage)).toEqual(["a", "b"]);
    faulty.release();
    expect((await held).map((entry) => entry?.key)).toEqual(["a", undefined]);
  });

  it("reaches every operation of a storage", async () => {
    const faulty = createFaultyStorage(createStorage());
    const collection = await openDocs(faulty);
    await collection.upsert(records);
    await collection.get(["a"]);
    await collection.query(Float32Array.of(1), { topK: 1 });
    await collection.scan?.();
    await collection.delete(["a"]);
    await faulty.vectors.list();
    await faulty.vectors.drop("docs");
    await put(faulty, "a");
    await faulty.state.get(["a"]);
    await faulty.state.scan();
    await faulty.blobs.put("a", Uint8Array.of(1));
    await faulty.blobs.get("a");
    await faulty.blobs.stat("a");
    await faulty.blobs.list("");
    await faulty.blobs.delete("a");
    await faulty.secrets.list();
    await faulty.secrets.read("a");
    await faulty.secrets.delete("a");
    expect((await faulty.reclaim?.())?.stores).toEqual([
      faulty.vectors,
      faulty.state,
      faulty.blobs,
      faulty.secrets,
    ]);
    const seen = new Set(faulty.calls.map(({ operation }) => operation));
    expect(seen.size).toBe(20);
    expect(writeOperations.filter((operation) => !seen.has(operation))).toEqual(["secrets.write"]);
  });
});
