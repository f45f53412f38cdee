import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStorage } from "@keelson/adapters-fs";
import { Secret } from "@keelson/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-fs-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function bytesOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

describe(openFsStorage.name, () => {
  it("gives back after reopening all that it acknowledged", async () => {
    const one = await openFsStorage(directory);
    const docs = await one.vectors.open("docs", { dimension: 2, metric: "cosine" });
    await docs.upsert([
      { id: "a", vector: Float32Array.of(0.1, -0), text: "hé\ud800", metadata: { x: [1] } },
    ]);
    await one.state.commit([{ key: "k", value: { deep: ["é"] } }]);
    await one.blobs.put("../b", Uint8Array.of(1, 2));
    await one.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" });
    await one.close();

    const two = await openFsStorage(directory);
    expect(await two.vectors.list()).toEqual([{ name: "docs", dimension: 2, metric: "cosine" }]);
    const again = await two.vectors.open("docs", { dimension: 2, metric: "cosine" });
    expect(await again.get(["a"])).toStrictEqual([
      { id: "a", vector: Float32Array.of(0.1, -0), text: "hé\ud800", metadata: { x: [1] } },
    ]);
    expect(await two.state.scan()).toEqual([{ key: "k", value: { deep: ["é"] }, revision: 1 }]);
    expect(await two.blobs.get("../b")).toEqual(Uint8Array.of(1, 2));
    expect(await two.blobs.list("")).toEqual([{ key: "../b", size: 2 }]);
    expect((await two.secrets.read("s"))?.payload.expose()).toBe("hunter2");
    expect(await two.state.commit([])).toEqual({ revision: 2 });
    await two.close();
  });

  it("reads vectors of a checkpoint to their places, though they take many blocks and slabs", async () => {
    const shape = { dimension: 4000, metric: "dot" } as const;
    const ids = Array.from({ length: 1100 }, (_, n) => `doc-${String(n).padStart(4, "0")}`);
    const vectorOf = (n: number): Float32Array =>
      Float32Array.from({ length: 4000 }, (_, at) => n + at / 4000);
    const one = await openFsStorage(directory);
    const docs = await one.vectors.open("docs", shape);
    await docs.upsert(ids.map((id, n) => ({ id, vector: vectorOf(n), text: id })));
    await one.reclaim?.();
    await docs.upsert([{ id: "later", vector: vectorOf(7) }]);
    await one.close();

    const two = await openFsStorage(directory);
    const found = await (await two.vectors.open("docs", shape)).get([...ids, "later"]);
    const wrong = found.filter(
      (record, n) =>
        record === undefined ||
        Buffer.compare(bytesOf(record.vector), bytesOf(vectorOf(n < 1100 ? n : 7))) !== 0,
    );
    expect(wrong).toEqual([]);
    expect(found.map((record) => record?.text)).toEqual([...ids, undefined]);
    await two.close();
  });

  it("refuses options that make no sense before it touches anything", async () => {
    const store = join(directory, "store");
    const invalid = { code: "ARGUMENT_INVALID" };
    for (const segmentBytes of [0, -1, 1.5, Number.NaN, 2 ** 30 + 1])
      await expect(openFsStorage(store, { segmentBytes })).rejects.toMatchObject(invalid);
    await expect(openFsStorage(store, { masterKey: new Uint8Array(16) })).rejects.toMatchObject(invalid);
    const onTornTail = "tell me" as unknown as () => void;
    await expect(openFsStorage(store, { onTornTail })).rejects.toMatchObject(invalid);
    await expect(openFsStorage("")).rejects.toMatchObject(invalid);
    expect(await readdir(directory)).toEqual([]);
  });

  it("refuses a commit that is too large for the log, and goes on", { timeout: 30_000 }, async () => {
    const storage = await openFsStorage(directory);
    const value = "x".repeat(130 * 1024 * 1024);
    const large = ["a", "b"].map((key) => ({ key, value }));
    await expect(storage.state.commit(large)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    expect(await storage.state.commit([{ key: "c", value: 1 }])).toEqual({ revision: 1 });
    expect(await storage.state.scan()).toHaveLength(1);
    await storage.close();
  });

  it("refuses a directory that this process has open", async () => {
    const storage = await openFsStorage(directory);
    await expect(openFsStorage(directory)).rejects.toMatchObject({
      code: "STORE_LOCKED",
      details: { directory, pid: process.pid },
    });
    await storage.close();
    await (await openFsStorage(directory)).close();
  });

  it("says why where the filesystem refuses", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(openFsStorage(join(directory, "file"))).rejects.toMatchObject({
      code: "STORE_FAILED",
      cause: { code: "ENOTDIR" },
    });
  });

  it("leaves the master key where a link to it leads, through a rotation", async () => {
    const [store, keys] = [join(directory, "store"), join(directory, "keys")];
    await mkdir(store);
    await mkdir(keys);
    await symlink(join(keys, "key"), join(store, "master.key"));
    const secret = new Secret("hunter2", { name: "s", version: 1 });
    const made = await openFsStorage(store, { masterKeyFile: join(keys, "key") });
    await made.secrets.write("s", secret, { expect: "absent" });
    await made.close();
    const linked = await openFsStorage(store);
    const before = await readFile(join(keys, "key"));
    await linked.rotateMasterKey();
    await linked.close();
    expect((await lstat(join(store, "master.key"))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(keys, "key"))).not.toEqual(before);
    expect(await readdir(keys)).toEqual(["key"]);
    const again = await openFsStorage(store, { masterKeyFile: join(keys, "key") });
    expect((await again.secrets.read("s"))?.payload.expose()).toBe("hunter2");
    await again.close();
  });

  it("keeps its files to their owner", async () => {
    const storage = await openFsStorage(join(directory, "deep", "store"));
    await storage.blobs.put("b", Uint8Array.of(1));
    await storage.close();
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    expect(entries.length).toBeGreaterThan(8);
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, (mode & 0o777).toString(8)]).toEqual([
        entry.name,
        entry.isDirectory() ? "700" : "600",
      ]);
    }
  });
});
