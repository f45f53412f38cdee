import { type FileSystem, openFsStorage } from "@keelson/adapters-fs";
import { Secret, type Storage } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

const SHAPE = { dimension: 1, metric: "dot" } as const;
const READ_ONLY = { readOnly: true } as const;

function fileContents(machine: TestMachine): [string, Uint8Array | undefined][] {
  const { files } = machine.fileSystem;
  return files.keys().map((path) => [path, files.get(path)]);
}

async function keysOf(storage: Storage): Promise<string[]> {
  return (await storage.state.scan()).map(({ key }) => key);
}

describe(`${openFsStorage.name} for reading only`, () => {
  it("shows what the writer beside it has acknowledged by then, and blobs as they are", async () => {
    const machine = createTestMachine();
    const writer = await machine.open();
    const docs = await writer.vectors.open("docs", SHAPE);
    await docs.upsert([{ id: "a", vector: Float32Array.of(1), text: "text" }]);
    await writer.state.commit([{ key: "before", value: 1 }]);
    await writer.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" });
    await writer.blobs.put("one", Uint8Array.of(1));

    const reader = await machine.open(READ_ONLY);
    await writer.state.commit([{ key: "later", value: 2 }]);
    expect(await keysOf(reader)).toEqual(["before"]);
    expect(await (await reader.vectors.open("docs", SHAPE)).get(["a"])).toEqual([
      { id: "a", vector: Float32Array.of(1), text: "text" },
    ]);
    expect((await reader.secrets.read("s"))?.payload.expose()).toBe("hunter2");
    expect(await reader.blobs.list("")).toEqual([{ key: "one", size: 1 }]);
    await writer.blobs.put("two", Uint8Array.of(2));
    expect(await reader.blobs.get("two")).toEqual(Uint8Array.of(2));
    expect((await reader.blobs.list("")).map(({ key }) => key)).toEqual(["one", "two"]);
    expect(await keysOf(await machine.open(READ_ONLY))).toEqual(["before", "later"]);
    await reader.close();
    await expect(reader.state.scan()).rejects.toMatchObject({ code: "STORE_CLOSED" });
    expect(await keysOf(writer)).toEqual(["before", "later"]);
  });

  it("refuses every write with STORE_READ_ONLY, and changes no file", async () => {
    const machine = createTestMachine();
    const writer = await machine.open();
    await (await writer.vectors.open("docs", SHAPE)).upsert([{ id: "a", vector: Float32Array.of(1) }]);
    await writer.state.commit([{ key: "k", value: 1 }]);
    await writer.blobs.put("b", Uint8Array.of(1));
    await writer.secrets.write("s", new Secret("x", { name: "s", version: 1 }), { expect: "absent" });
    machine.kill();

    const before = fileContents(machine);
    const reader = await machine.open(READ_ONLY);
    const docs = await reader.vectors.open("docs", SHAPE);
    const writes: (() => unknown)[] = [
      () => docs.upsert([{ id: "b", vector: Float32Array.of(1) }]),
      () => docs.delete(["a"]),
      () => reader.vectors.open("new", SHAPE),
      () => reader.vectors.drop("docs"),
      () => reader.state.commit([{ key: "k", value: 2 }]),
      () => reader.blobs.put("c", Uint8Array.of(1)),
      () => reader.blobs.delete("b"),
      () => reader.secrets.write("t", new Secret("x", { name: "t", version: 1 }), { expect: "absent" }),
      () => reader.secrets.delete("s"),
    ];
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({ code: "STORE_READ_ONLY", details: { store: STORE } });
    expect(reader.reclaim).toBeUndefined();
    expect((await docs.scan?.())?.map(({ id }) => id)).toEqual(["a"]);
    await reader.close();
    expect(fileContents(machine)).toEqual(before);
    // The owner's: its lock, the log, and what was acknowledged of it.
    expect(machine.fileSystem.openFiles).toBe(3);
  });

  it("reads past a write that is torn, and leaves it to the owner", async () => {
    const machine = createTestMachine();
    const writer = await machine.open();
    await writer.state.commit([{ key: "k", value: 1 }]);
    machine.kill();
    const path = `${STORE}/log/0000000001.log`;
    const whole = machine.fileSystem.files.get(path) as Uint8Array;
    machine.fileSystem.files.set(path, Uint8Array.from([...whole, 75, 76]));
    const before = fileContents(machine);
    expect(await keysOf(await machine.open(READ_ONLY))).toEqual(["k"]);
    expect(fileContents(machine)).toEqual(before);
  });

  it("tells damage as the owner would", async () => {
    const machine = createTestMachine();
    const writer = await machine.open({ compactAt: 1 });
    await writer.state.commit([{ key: "k", value: 1 }]);
    await writer.reclaim?.();
    const path = `${STORE}/checkpoint`;
    const bytes = machine.fileSystem.files.get(path) as Uint8Array;
    bytes[100] = (bytes[100] as number) ^ 1;
    machine.fileSystem.files.set(path, bytes);
    await expect(machine.open(READ_ONLY)).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { file: path },
    });
  });

  it("begins again where a compaction takes the log away that it reads, at any step", {
    timeout: 60_000,
  }, async () => {
    const original = createTestMachine();
    const first = await original.open({ segmentBytes: 1, compactAt: 1 });
    for (const key of ["a", "b", "c"]) await first.state.commit([{ key, value: 1 }]);
    await first.reclaim?.();
    for (const key of ["d", "e"]) await first.state.commit([{ key, value: 1 }]);
    original.kill();
    let steps = Number.POSITIVE_INFINITY;
    for (let n = 0; n < steps; n++) {
      const machine = createTestMachine(original.fileSystem.clone());
      const writer = await machine.open({ segmentBytes: 1, compactAt: 1 });
      await writer.state.commit([{ key: "f", value: 1 }]);
      let count = 0;
      machine.fileSystem.fault = async () => {
        if (count++ !== n) return undefined;
        machine.fileSystem.fault = undefined;
        await writer.state.commit([{ key: "g", value: 1 }]);
        await writer.reclaim?.();
        return undefined;
      };
      const keys = await keysOf(await machine.open(READ_ONLY));
      expect(keys.slice(0, 6)).toEqual(["a", "b", "c", "d", "e", "f"]);
      if (count <= n) steps = count;
    }
    expect(steps).toBeGreaterThan(15);
  });

  it("begins again where it met a write half, and whole what was written after it", async () => {
    const machine = createTestMachine();
    const { fileSystem } = machine;
    const writer = await machine.open();
    await writer.state.commit([{ key: "before", value: 1 }]);
    const log = `${STORE}/log/0000000001.log`;
    let reads = 0;
    // Reading takes a file page by page, and writing goes on in between.
    const open: FileSystem["open"] = async (path, mode) => {
      const file = await fileSystem.open(path, mode);
      if (path !== log) return file;
      return {
        ...file,
        read: async (length, position) => {
          const first = await file.read(length, position);
          if (reads++ > 0) return first;
          for (const key of ["torn", "whole"]) await writer.state.commit([{ key, value: "v".repeat(5000) }]);
          const last = await file.read(length, position);
          last.set(first.subarray(0, 4096));
          return last;
        },
      };
    };
    const reader = await openFsStorage(STORE, { ...READ_ONLY, fileSystem: { ...fileSystem, open } });
    expect(await keysOf(reader)).toEqual(["before", "torn", "whole"]);
    expect(reads).toBe(2);
  });

  it("says so where there is no store, and makes none", async () => {
    const machine = createTestMachine();
    await expect(machine.open(READ_ONLY)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(fileContents(machine)).toEqual([]);
  });
});

describe(`${openFsStorage.name} with durability "os"`, () => {
  it("acknowledges without a sync, and makes all durable on closing", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ durability: "os" });
    let syncs = 0;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name === "sync" && path.startsWith(`${STORE}/log/`)) syncs++;
      return undefined;
    };
    for (let n = 0; n < 10; n++) await storage.state.commit([{ key: `k${n}`, value: n }]);
    expect(syncs).toBe(0);
    await storage.close();
    expect(syncs).toBe(1);
    for (const state of machine.fileSystem.crashStates({ limit: 20 }))
      expect(await keysOf(await createTestMachine(state).open())).toHaveLength(10);
  });

  it("loses nothing to kill -9", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ durability: "os", segmentBytes: 400 });
    for (let n = 0; n < 30; n++) await storage.state.commit([{ key: `k${n}`, value: n }]);
    machine.kill();
    expect(await keysOf(await machine.open())).toHaveLength(30);
  });

  it("opens after a power cut with a beginning of what was written, whatever was lost", {
    timeout: 60_000,
  }, async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ durability: "os", segmentBytes: 2000 });
    const states = [];
    for (let n = 10; n < 50; n++) {
      await storage.state.commit([{ key: `k${n}`, value: "v".repeat(300) }]);
      states.push(...machine.fileSystem.crashStates({ limit: 10, seed: n }));
    }
    const counts = new Set<number>();
    for (const state of states) {
      for (const durability of ["os", "disk"] as const) {
        const keys = await keysOf(await createTestMachine(state.clone()).open({ durability }));
        expect(keys).toEqual(keys.map((_, n) => `k${n + 10}`));
        counts.add(keys.length);
      }
    }
    expect(counts.size).toBeGreaterThan(10);
  });

  it("goes over to the other way of writing in a new segment", async () => {
    const machine = createTestMachine();
    for (const [n, durability] of (["disk", "os", "os", "disk"] as const).entries()) {
      const storage = await machine.open({ durability });
      await storage.state.commit([{ key: `k${n}`, value: n }]);
      await storage.close();
    }
    const segments = machine.fileSystem.files.keys().filter((path) => path.startsWith(`${STORE}/log/`));
    expect(segments).toHaveLength(3);
    expect(await keysOf(await machine.open())).toHaveLength(4);
  });
});
