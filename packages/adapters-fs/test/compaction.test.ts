import { type FsStorage, openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret, type Storage } from "@keelson/core";
import type { SimulatedFileSystem } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, type TestMachine, withoutRoom } from "./subject.ts";

const SHAPE = { dimension: 2, metric: "dot" } as const;
const SMALL = { segmentBytes: 400, compactFromBytes: 1 };

/** Some of everything, and much that was replaced or deleted. */
async function write(storage: Storage): Promise<void> {
  for (const name of ["docs", "dropped"]) {
    const docs = await storage.vectors.open(name, SHAPE);
    await docs.upsert(
      ["a", "b", "c", "d"].map((id, n) => ({
        id,
        vector: Float32Array.of(n, 1),
        text: `SENTINEL old ${id}`,
        metadata: { id },
      })),
    );
    await docs.upsert([{ id: "b", vector: Float32Array.of(5, 5) }]);
    await docs.delete(["a"]);
  }
  await storage.vectors.drop("dropped");
  await storage.state.commit([
    { key: "kept", value: { x: 1 } },
    { key: "gone", value: "SENTINEL state" },
  ]);
  await storage.state.commit([{ key: "gone", delete: true }]);
  await storage.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" });
  await storage.blobs.put("blob", Uint8Array.of(1, 2, 3));
  await (await storage.vectors.open("docs", SHAPE)).delete(["c", "d"]);
}

async function readAll(storage: Storage): Promise<unknown> {
  return {
    names: await storage.vectors.list(),
    docs: await (await storage.vectors.open("docs", SHAPE)).scan?.(),
    state: await storage.state.scan(),
    blob: await storage.blobs.get("blob"),
    secret: (await storage.secrets.read("s"))?.payload.expose(),
    revision: (await storage.state.commit([])).revision,
  };
}

const WRITTEN = {
  names: [{ name: "docs", ...SHAPE }],
  docs: [{ id: "b", vector: Float32Array.of(5, 5) }],
  state: [{ key: "kept", value: { x: 1 }, revision: 1 }],
  blob: Uint8Array.of(1, 2, 3),
  secret: "hunter2",
  revision: 3,
};

function filesWith(fileSystem: SimulatedFileSystem, text: string): string[] {
  const wanted = Buffer.from(text);
  return fileSystem.files
    .keys()
    .filter((path) => Buffer.from(fileSystem.files.get(path) ?? []).includes(wanted));
}

function segments(fileSystem: SimulatedFileSystem): string[] {
  return fileSystem.files.keys().filter((path) => path.startsWith(`${STORE}/log/`));
}

async function kill(machine: TestMachine, options = SMALL): Promise<FsStorage> {
  machine.kill();
  return await machine.open(options);
}

describe(openFsStorage.name, () => {
  it("gives back after compaction what it held, closed or killed, again and again", async () => {
    const machine = createTestMachine();
    let storage = await machine.open({ ...SMALL, compactAt: 1 });
    await write(storage);
    for (let times = 0; times < 3; times++) {
      await storage.reclaim?.();
      expect(await readAll(storage)).toEqual(WRITTEN);
      storage = await kill(machine);
      expect(await readAll(storage)).toEqual(WRITTEN);
      await storage.close();
      storage = await machine.open(SMALL);
      expect(await readAll(storage)).toEqual(WRITTEN);
    }
    expect(machine.fileSystem.files.has(`${STORE}/checkpoint`)).toBe(true);
  });

  it("leaves the bytes of what was deleted in no file once reclaim resolves", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ compactAt: 1 });
    await write(storage);
    expect(filesWith(machine.fileSystem, "SENTINEL")).not.toEqual([]);
    const { reclaimedBytes, stores } = (await storage.reclaim?.()) ?? {};
    expect(filesWith(machine.fileSystem, "SENTINEL")).toEqual([]);
    expect(reclaimedBytes).toBeGreaterThan(100);
    expect(stores).toEqual([storage.vectors, storage.state, storage.blobs, storage.secrets]);
    const { files } = machine.fileSystem;
    const checkpoint = files.get(`${STORE}/checkpoint`);
    expect(await storage.reclaim?.()).toMatchObject({ reclaimedBytes: 0 });
    expect(files.get(`${STORE}/checkpoint`)).toEqual(checkpoint);
  });

  it("reclaims what was kept aside of a torn write", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    let torn: SimulatedFileSystem | undefined;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name !== "sync" || !path.startsWith(`${STORE}/log/`) || torn !== undefined) return undefined;
      torn = machine.fileSystem.clone();
      torn.files.set(path, withoutRoom(torn.files.get(path) as Uint8Array).slice(0, -1));
      return undefined;
    };
    await storage.state.commit([{ key: "k", value: "SENTINEL" }]);
    const next = createTestMachine(torn);
    const reopened = await next.open();
    expect(filesWith(next.fileSystem, "SENTINEL")).toEqual([expect.stringContaining("/cut/")]);
    await reopened.reclaim?.();
    expect(filesWith(next.fileSystem, "SENTINEL")).toEqual([]);
  });

  it("compacts by itself where more is dead than alive, and not before", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ compactFromBytes: 50_000 });
    const value = "v".repeat(10_000);
    const size = (): number =>
      machine.fileSystem.files
        .keys()
        .reduce((sum, path) => sum + (machine.fileSystem.files.get(path)?.length ?? 0), 0);
    for (let n = 0; n < 10; n++) await storage.state.commit([{ key: `k${n}`, value }]);
    expect(machine.fileSystem.files.has(`${STORE}/checkpoint`)).toBe(false);
    for (let n = 0; n < 100; n++) {
      await storage.state.commit([{ key: `k${n % 10}`, value }]);
      // One segment at a time has room for frames to come.
      expect(size()).toBeLessThan(400_000 + 256 * 1024);
    }
    expect(machine.fileSystem.files.has(`${STORE}/checkpoint`)).toBe(true);
    expect(await storage.state.scan()).toHaveLength(10);
    const again = await kill(machine);
    expect(await again.state.scan()).toHaveLength(10);
  });

  it("ends once nothing is dead, however little there is", async () => {
    const machine = createTestMachine();
    let compactions = 0;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name === "rename" && path === `${STORE}/checkpoint`) compactions++;
      return undefined;
    };
    const storage = await machine.open({ compactFromBytes: 1 });
    await storage.state.commit([{ key: "a", value: 1 }]);
    await storage.state.commit([{ key: "a", delete: true }]);
    await storage.reclaim?.();
    const before = compactions;
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(compactions).toBe(before);
    expect(before).toBeGreaterThan(0);
  });

  describe("where what a compaction has written is deleted before it ends", () => {
    const value = "v".repeat(1000);
    const keys = Array.from({ length: 100 }, (_, n) => `k${n}`);

    async function deleteMeanwhile(): Promise<{ machine: TestMachine; storage: FsStorage }> {
      const machine = createTestMachine();
      const storage = await machine.open({ compactFromBytes: 20_000 });
      await storage.state.commit([...keys, "kept"].map((key) => ({ key, value })));
      let deleted: Promise<unknown> | undefined;
      machine.fileSystem.fault = ({ name, path, bytes }) => {
        if (name === "write" && path.startsWith(`${STORE}/tmp/`) && (bytes?.length ?? 0) > 50_000)
          deleted ??= Promise.resolve(storage.state.commit(keys.map((key) => ({ key, delete: true }))));
        return undefined;
      };
      await storage.reclaim?.();
      await deleted;
      return { machine, storage };
    }

    it("compacts again, without another write", async () => {
      const { machine, storage } = await deleteMeanwhile();
      await storage.close();
      expect(machine.fileSystem.files.get(`${STORE}/checkpoint`)?.length).toBeLessThan(2000);
    });

    it("still tells what is dead from what is alive", async () => {
      const { machine, storage } = await deleteMeanwhile();
      for (let n = 0; n < 600; n++) await storage.state.commit([{ key: `new ${n % 10}`, value }]);
      const size = machine.fileSystem.files
        .keys()
        .reduce((sum, path) => sum + (machine.fileSystem.files.get(path)?.length ?? 0), 0);
      expect(size).toBeLessThan(100_000 + 256 * 1024);
    });
  });

  it("takes up what is written while it compacts", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ ...SMALL, compactAt: 1 });
    const docs = await storage.vectors.open("docs", SHAPE);
    await docs.upsert(["a", "b", "c"].map((id) => ({ id, vector: Float32Array.of(1, 1) })));
    await storage.vectors.open("other", SHAPE);
    const meanwhile: Promise<unknown>[] = [];
    let n = 0;
    machine.fileSystem.fault = ({ path }) => {
      if (!path.startsWith(`${STORE}/tmp/`) || n++ > 12) return undefined;
      meanwhile.push(
        Promise.resolve(docs.upsert([{ id: `new ${n}`, vector: Float32Array.of(n, 1) }])),
        Promise.resolve(docs.delete(["a", `new ${n - 2}`])),
        Promise.resolve(storage.state.commit([{ key: "k", value: n }])),
      );
      if (n === 3) meanwhile.push(storage.vectors.drop("other") as Promise<void>);
      return undefined;
    };
    await storage.reclaim?.();
    expect(n).toBeGreaterThan(10);
    await Promise.all(meanwhile);
    machine.fileSystem.fault = undefined;
    const ids = async (from: Storage): Promise<unknown> => [
      (await (await from.vectors.open("docs", SHAPE)).scan?.())?.map(({ id }) => id),
      await from.state.get(["k"]),
      (await from.vectors.list()).map(({ name }) => name),
    ];
    const before = await ids(storage);
    expect(await ids(await kill(machine))).toEqual(before);
  });

  it("forgets a collection that was dropped and made anew in another shape while it compacted", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ compactAt: 1 });
    const old = await storage.vectors.open("docs", SHAPE);
    const written: Promise<unknown>[] = [];
    machine.fileSystem.fault = ({ name, path }) => {
      // In the log, these come behind the place where the checkpoint begins; the store has applied them already.
      if (name !== "syncDirectory" || path !== `${STORE}/log` || written.length > 0) return undefined;
      written.push(
        Promise.resolve(old.upsert([{ id: "old", vector: Float32Array.of(1, 2) }])),
        Promise.resolve(old.delete(["old"])),
        Promise.resolve(storage.vectors.drop("docs")),
        Promise.resolve(storage.vectors.open("docs", { dimension: 3, metric: "dot" })).then((docs) =>
          docs.upsert([{ id: "new", vector: Float32Array.of(1, 2, 3) }]),
        ),
      );
      return undefined;
    };
    await storage.reclaim?.();
    await Promise.all(written);
    expect(written).toHaveLength(4);
    machine.fileSystem.fault = undefined;
    const again = await kill(machine);
    const docs = await again.vectors.open("docs", { dimension: 3, metric: "dot" });
    expect(await docs.scan?.()).toEqual([{ id: "new", vector: Float32Array.of(1, 2, 3) }]);
  });

  it("holds the same after a crash at any step of a compaction, whatever was lost that was not synced", {
    timeout: 120_000,
  }, async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ ...SMALL, compactAt: 1 });
    await write(storage);
    const moments: SimulatedFileSystem[] = [];
    machine.fileSystem.fault = () => {
      moments.push(machine.fileSystem.clone(), ...machine.fileSystem.crashStates({ limit: 10 }));
      return undefined;
    };
    await storage.reclaim?.();
    machine.fileSystem.fault = undefined;
    moments.push(machine.fileSystem.clone(), ...machine.fileSystem.crashStates({ limit: 50 }));
    expect(moments.length).toBeGreaterThan(60);
    for (const moment of moments) {
      const crashed = createTestMachine(moment);
      const opened = await crashed.open({ ...SMALL, compactAt: 1 });
      expect(await readAll(opened)).toEqual(WRITTEN);
      await opened.reclaim?.();
      expect(filesWith(moment, "SENTINEL")).toEqual([]);
      expect(await readAll(await kill(crashed))).toEqual(WRITTEN);
    }
  });

  it("survives an error at any step of a compaction", { timeout: 60_000 }, async () => {
    const original = createTestMachine();
    await write(await original.open({ ...SMALL, compactAt: 1 }));
    original.kill();
    let total = Number.POSITIVE_INFINITY;
    for (let n = 0; n < total; n++) {
      const machine = createTestMachine(original.fileSystem.clone());
      const storage = await machine.open({ ...SMALL, compactAt: 1 });
      let count = 0;
      machine.fileSystem.fault = () => {
        if (count++ === n) throw Object.assign(new Error("EIO"), { code: "EIO" });
        return undefined;
      };
      try {
        await storage.reclaim?.();
        if (count <= n) total = count;
      } catch (error) {
        if (!isKeelsonError(error, "STORE_FAILED")) throw error;
      }
      machine.fileSystem.fault = undefined;
      await storage.close().catch(() => {});
      expect(await readAll(await kill(machine))).toEqual(WRITTEN);
    }
    expect(total).toBeGreaterThan(20);
  });

  it("writes a checkpoint on closing where the log has grown long, so that opening reads no log", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ compactFromBytes: 500 });
    for (let n = 0; n < 20; n++) await storage.state.commit([{ key: `k${n}`, value: "v".repeat(100) }]);
    await storage.close();
    const logs = segments(machine.fileSystem);
    expect(logs.map((path) => machine.fileSystem.files.get(path)?.length)).toEqual([96]);
    expect(await (await machine.open()).state.scan()).toHaveLength(20);
  });

  it("waits on closing for a compaction that is under way", async () => {
    for (const asked of [false, true]) {
      const machine = createTestMachine();
      const storage = await machine.open({ compactAt: asked ? 1 : 0.1, compactFromBytes: asked ? 1 : 2000 });
      await storage.state.commit([{ key: "a", value: "v".repeat(3000) }]);
      const began = new Promise<void>((resolve) => {
        machine.fileSystem.fault = ({ name, path }) => {
          if (name === "open" && path.startsWith(`${STORE}/tmp/`)) resolve();
          return undefined;
        };
      });
      const reclaimed = asked ? Promise.resolve(storage.reclaim?.()) : undefined;
      if (!asked) for (const value of ["x", "y"]) await storage.state.commit([{ key: "a", value }]);
      await began;
      await storage.close();
      await reclaimed;
      expect(machine.fileSystem.openFiles).toBe(0);
      expect(machine.fileSystem.files.has(`${STORE}/checkpoint`)).toBe(true);
      expect(await (await machine.open()).state.scan()).toHaveLength(1);
    }
  });

  it("lets a former owner swap in nothing and remove nothing once it is taken over", async () => {
    const machine = createTestMachine();
    const former = await machine.open({ compactAt: 1 });
    await write(former);
    let takenOver: Storage | undefined;
    machine.fileSystem.fault = async ({ name, path }) => {
      if (name !== "rename" || path !== `${STORE}/checkpoint` || takenOver !== undefined) return undefined;
      machine.fileSystem.fault = undefined;
      takenOver = await kill(machine);
      await takenOver.state.commit([{ key: "new", value: 1 }]);
      return undefined;
    };
    await expect(former.reclaim?.()).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(machine.fileSystem.files.has(`${STORE}/checkpoint`)).toBe(false);
    expect((await takenOver?.state.scan())?.map(({ key }) => key)).toEqual(["kept", "new"]);
    const next = await kill(machine);
    expect((await next.state.scan()).map(({ key }) => key)).toEqual(["kept", "new"]);
  });
});
