import { createMemoryStorage } from "@keelson/adapters-memory";
import { Secret } from "@keelson/core";
import { describe, expect, it } from "vitest";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("createMemoryStorage", () => {
  it("says what it can do", () => {
    const { vectors, secrets } = createMemoryStorage();
    expect(vectors.capabilities).toEqual({
      durable: false,
      metrics: ["cosine", "dot", "euclidean"],
      filters: true,
      consistency: "immediate",
      recall: 1,
      physicalDelete: true,
    });
    expect(secrets.capabilities).toEqual({ durable: false, sealed: false });
  });

  it("refuses a quantization that it does not know", () => {
    expect(() => createMemoryStorage({ quantization: "int4" as never })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });

  it("keeps storages apart", async () => {
    const one = createMemoryStorage();
    const other = createMemoryStorage();
    await one.state.commit([{ key: "a", value: 1 }]);
    expect(await other.state.get(["a"])).toEqual([undefined]);
  });

  it("keeps blobs as they were put, whatever happens to the bytes given and got", async () => {
    const { blobs } = createMemoryStorage();
    const given = bytes(1, 2, 3);
    const put = blobs.put("../a", given);
    given[0] = 9;
    await put;
    const got = await blobs.get("../a");
    expect(got).toEqual(bytes(1, 2, 3));
    got?.fill(0);
    expect(await blobs.get("../a")).toEqual(bytes(1, 2, 3));
    expect(await blobs.stat("../a")).toEqual({ key: "../a", size: 3 });
  });

  it("lists blobs by ascending key, page by page", async () => {
    const { blobs } = createMemoryStorage();
    for (const key of ["b/2", "a/1", "b/1", "b/3", "c"]) await blobs.put(key, bytes(0));
    const keys = async (...args: Parameters<typeof blobs.list>): Promise<string[]> =>
      (await blobs.list(...args)).map(({ key }) => key);
    expect(await keys("")).toEqual(["a/1", "b/1", "b/2", "b/3", "c"]);
    expect(await keys("b/", { limit: 2 })).toEqual(["b/1", "b/2"]);
    expect(await keys("b/", { limit: 2, after: "b/2" })).toEqual(["b/3"]);
  });

  it("refuses to replace a blob when asked not to", async () => {
    const { blobs } = createMemoryStorage();
    const puts = await Promise.allSettled([
      blobs.put("a", bytes(1), { ifAbsent: true }),
      blobs.put("a", bytes(2), { ifAbsent: true }),
    ]);
    expect(puts.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await blobs.get("a")).toEqual(bytes(1));
    await blobs.delete("a");
    await blobs.delete("a");
    expect(await blobs.get("a")).toBeUndefined();
  });

  it("gives a secret back by name and revision, without showing it", async () => {
    const { secrets } = createMemoryStorage();
    const payload = new Secret("opaque \ud800", { name: "api-key", version: 1 });
    const { revision } = await secrets.write("api-key", payload, { expect: "absent" });
    const record = await secrets.read("api-key");
    expect(record?.revision).toBe(revision);
    expect(record?.payload.expose()).toBe("opaque \ud800");
    expect(String(record?.payload)).toBe(`[secret api-key@${revision}]`);
    expect(await secrets.list()).toEqual(["api-key"]);
  });

  it("rejects every call after close with STORE_CLOSED", async () => {
    const storage = createMemoryStorage();
    const docs = await storage.vectors.open("docs", { dimension: 1, metric: "dot" });
    await storage.close();
    await storage.close();
    const payload = new Secret("x", { name: "a", version: 1 });
    const calls = [
      () => storage.vectors.open("docs", { dimension: 1, metric: "dot" }),
      () => storage.vectors.list(),
      () => storage.vectors.drop("docs"),
      () => docs.upsert([]),
      () => docs.delete([]),
      () => docs.get([]),
      () => docs.query(new Float32Array(1), { topK: 1 }),
      () => docs.scan?.(),
      () => storage.state.get([]),
      () => storage.state.scan(),
      () => storage.state.commit([]),
      () => storage.blobs.put("a", bytes()),
      () => storage.blobs.get("a"),
      () => storage.blobs.stat("a"),
      () => storage.blobs.list(""),
      () => storage.blobs.delete("a"),
      () => storage.secrets.read("a"),
      () => storage.secrets.write("a", payload, { expect: "absent" }),
      () => storage.secrets.list(),
      () => storage.secrets.delete("a"),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "STORE_CLOSED" });
    expect(() => storage.state.watch?.("", () => {})).toThrow(
      expect.objectContaining({ code: "STORE_CLOSED" }),
    );
  });

  it("rejects every call whose signal is aborted with the reason itself, and changes nothing", async () => {
    const storage = createMemoryStorage();
    const docs = await storage.vectors.open("docs", { dimension: 1, metric: "dot" });
    const reason = { why: "enough" };
    const signal = AbortSignal.abort(reason);
    const payload = new Secret("x", { name: "a", version: 1 });
    const calls = [
      () => storage.vectors.open("more", { dimension: 1, metric: "dot", signal }),
      () => storage.vectors.list({ signal }),
      () => storage.vectors.drop("docs", { signal }),
      () => docs.upsert([{ id: "a", vector: new Float32Array(1) }], { signal }),
      () => docs.delete([], { signal }),
      () => docs.get([], { signal }),
      () => docs.query(new Float32Array(1), { topK: 1, signal }),
      () => docs.scan?.({ signal }),
      () => storage.state.get([], { signal }),
      () => storage.state.scan({ signal }),
      () => storage.state.commit([{ key: "a", value: 1 }], { signal }),
      () => storage.blobs.put("a", bytes(), { signal }),
      () => storage.blobs.get("a", { signal }),
      () => storage.blobs.stat("a", { signal }),
      () => storage.blobs.list("", { signal }),
      () => storage.blobs.delete("a", { signal }),
      () => storage.secrets.read("a", { signal }),
      () => storage.secrets.write("a", payload, { expect: "absent", signal }),
      () => storage.secrets.list({ signal }),
      () => storage.secrets.delete("a", { signal }),
    ];
    for (const call of calls) await expect(call()).rejects.toBe(reason);
    expect((await storage.vectors.list()).map(({ name }) => name)).toEqual(["docs"]);
    expect(await docs.get(["a"])).toEqual([undefined]);
    expect(await storage.state.scan()).toEqual([]);
    expect(await storage.blobs.list("")).toEqual([]);
    expect(await storage.secrets.list()).toEqual([]);
  });
});
