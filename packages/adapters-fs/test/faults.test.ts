import { openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret, type Storage } from "@keelson/core";
import { type FileSystemOperation, systemError } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

/** Something that is written, and how to read it back. */
interface Deed {
  readonly name: string;
  readonly log: boolean;
  write(storage: Storage): Promise<unknown>;
  /** `true` when it is there whole, `false` when it is not there at all. */
  isThere(storage: Storage): Promise<boolean>;
}

const SHAPE = { dimension: 2, metric: "dot" } as const;

function commit(n: number): Deed {
  const key = `key/${n}`;
  return {
    name: key,
    log: true,
    write: async ({ state }) =>
      state.commit([
        { key, value: n },
        { key: `${key}/too`, value: n },
      ]),
    isThere: async ({ state }) => {
      const values = (await state.get([key, `${key}/too`])).map((entry) => entry?.value);
      expect([
        [n, n],
        [undefined, undefined],
      ]).toContainEqual(values);
      return values[0] === n;
    },
  };
}

function upsert(id: string): Deed {
  return {
    name: id,
    log: true,
    write: async ({ vectors }) =>
      (await vectors.open("docs", SHAPE)).upsert([{ id, vector: Float32Array.of(1, 2), text: id }]),
    isThere: async ({ vectors }) => {
      const [found] = await (await vectors.open("docs", SHAPE)).get([id]);
      if (found !== undefined) expect(found).toEqual({ id, vector: Float32Array.of(1, 2), text: id });
      return found !== undefined;
    },
  };
}

function put(key: string): Deed {
  return {
    name: key,
    log: false,
    write: async ({ blobs }) => blobs.put(key, Uint8Array.of(1, 2, 3)),
    isThere: async ({ blobs }) => {
      const found = await blobs.get(key);
      if (found !== undefined) expect(found).toEqual(Uint8Array.of(1, 2, 3));
      return found !== undefined;
    },
  };
}

function writeSecret(name: string): Deed {
  return {
    name,
    log: true,
    write: async ({ secrets }) =>
      secrets.write(name, new Secret("hunter2", { name, version: 1 }), { expect: "absent" }),
    isThere: async ({ secrets }) => {
      const found = await secrets.read(name);
      if (found !== undefined) expect(found.payload.expose()).toBe("hunter2");
      return found !== undefined;
    },
  };
}

const DEEDS = [
  commit(1),
  upsert("a"),
  put("blob"),
  commit(2),
  writeSecret("s"),
  put("blob 2"),
  upsert("b"),
  commit(3),
];

/** Does all deeds, and says which were acknowledged. */
async function work(machine: TestMachine): Promise<Deed[]> {
  const acknowledged: Deed[] = [];
  const assertFailed = (error: unknown): void => {
    if (!isKeelsonError(error, "STORE_FAILED")) throw error;
    expect(error.details.operation).not.toBe("");
    expect(error.cause).toBeInstanceOf(Error);
  };
  let storage: Storage;
  try {
    storage = await machine.open({ segmentBytes: 200 });
  } catch (error) {
    assertFailed(error);
    return [];
  }
  let logFailed = false;
  for (const deed of DEEDS) {
    try {
      await deed.write(storage);
      expect(deed.log && logFailed, `${deed.name} was acknowledged by a log that failed`).toBe(false);
      acknowledged.push(deed);
    } catch (error) {
      assertFailed(error);
      logFailed ||= deed.log;
    }
  }
  await storage.close().catch(assertFailed);
  return acknowledged;
}

/**
 * Checks that everything acknowledged is there, and nothing by half: for the next process, and after a power cut.
 */
async function assertKept(machine: TestMachine, acknowledged: readonly Deed[]): Promise<void> {
  expect(machine.fileSystem.openFiles).toBe(0);
  machine.kill();
  machine.fileSystem.fault = undefined;
  const left = machine.fileSystem.crashStates({ limit: 5 });
  for (const next of [machine, ...left.map((state) => createTestMachine(state))]) {
    const storage = await next.open();
    for (const deed of DEEDS) {
      const there = await deed.isThere(storage);
      if (acknowledged.includes(deed)) expect(there, `${deed.name} was acknowledged`).toBe(true);
    }
    await commit(9).write(storage);
    await storage.close();
  }
}

async function countOperations(): Promise<number> {
  const machine = createTestMachine();
  let count = 0;
  machine.fileSystem.fault = () => {
    count++;
    return undefined;
  };
  expect(await work(machine)).toEqual(DEEDS);
  return count;
}

describe(openFsStorage.name, () => {
  it.each(["EIO", "ENOSPC"])("survives a single %s at any operation", { timeout: 60_000 }, async (code) => {
    const total = await countOperations();
    expect(total).toBeGreaterThan(100);
    let rejected = 0;
    for (let n = 0; n < total; n++) {
      const machine = createTestMachine();
      let count = 0;
      machine.fileSystem.fault = () => {
        if (count++ === n) throw systemError(code);
        return undefined;
      };
      const acknowledged = await work(machine);
      if (acknowledged.length < DEEDS.length) rejected++;
      await assertKept(machine, acknowledged);
    }
    // Else the faults would have hit nothing that matters.
    expect(rejected).toBeGreaterThan(total / 2);
  });

  it("survives an EIO at any operation of opening after a crash", { timeout: 60_000 }, async () => {
    // Killed while a commit was on its way, of which the disk got one byte too few.
    const crashed = createTestMachine();
    const storage = await crashed.open({ segmentBytes: 200 });
    for (const deed of DEEDS.slice(0, 4)) await deed.write(storage);
    let image = crashed.fileSystem.clone();
    crashed.fileSystem.fault = ({ name, path }) => {
      if (name !== "sync" || !path.startsWith(`${STORE}/log/`)) return undefined;
      image = crashed.fileSystem.clone();
      const torn = image.files.get(path);
      if (torn !== undefined) image.files.set(path, torn.slice(0, -1));
      return undefined;
    };
    await writeSecret("s").write(storage);

    let total = Number.POSITIVE_INFINITY;
    for (let n = 0; n < total; n++) {
      const machine = createTestMachine(image.clone());
      let count = 0;
      machine.fileSystem.fault = () => {
        if (count++ === n) throw systemError("EIO");
        return undefined;
      };
      try {
        await (await machine.open()).close();
        total = Math.min(total, count);
      } catch (error) {
        if (!isKeelsonError(error, "STORE_FAILED")) throw error;
      }
      await assertKept(machine, DEEDS.slice(0, 4));
    }
    expect(total).toBeGreaterThan(40);
  });

  it("survives a disk that is full from any operation on", { timeout: 60_000 }, async () => {
    const total = await countOperations();
    for (let n = 0; n < total; n++) {
      const machine = createTestMachine();
      let count = 0;
      machine.fileSystem.fault = ({ name, bytes }) => {
        if (count++ < n || name !== "write") return undefined;
        // The last byte that fits, then none.
        if (count === n + 1) return Math.min(1, bytes?.length ?? 0);
        throw systemError("ENOSPC");
      };
      await assertKept(machine, await work(machine));
    }
  });

  it("goes on where a write is short", async () => {
    const machine = createTestMachine();
    machine.fileSystem.fault = ({ name, bytes }) =>
      name === "write" ? Math.ceil((bytes?.length ?? 0) / 3) : undefined;
    expect(await work(machine)).toEqual(DEEDS);
    await assertKept(machine, DEEDS);
  });

  it("takes a write of no bytes for a failure, not for a reason to wait", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    machine.fileSystem.fault = ({ name }) => (name === "write" ? 0 : undefined);
    await expect(commit(1).write(storage)).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  it.each(["write", "sync"] as const)(
    "refuses every write after a failed %s of the log, and recovers on reopening",
    async (name) => {
      const machine = createTestMachine();
      const storage = await machine.open();
      await commit(1).write(storage);
      const cause = systemError("EIO");
      const failOnce = (operation: FileSystemOperation): undefined => {
        if (operation.name !== name || !operation.path.startsWith(`${STORE}/log/`)) return;
        machine.fileSystem.fault = undefined;
        throw cause;
      };
      machine.fileSystem.fault = failOnce;
      const together = await Promise.allSettled([commit(2).write(storage), commit(3).write(storage)]);
      const failed = { code: "STORE_FAILED", retryable: false, cause };
      for (const result of together) expect(result).toMatchObject({ status: "rejected", reason: failed });
      for (const deed of [commit(4), put("blob"), writeSecret("s")])
        await expect(deed.write(storage)).rejects.toMatchObject(failed);
      await expect(storage.state.get(["key/1"])).rejects.toMatchObject(failed);
      await storage.close();

      const again = await machine.open();
      expect(await commit(1).isThere(again)).toBe(true);
      await commit(4).write(again);
      await again.close();
    },
  );

  it("acknowledges nothing that arrived while a write was failing", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const arrived: Promise<unknown>[] = [];
    machine.fileSystem.fault = ({ name, path }) => {
      if (name !== "sync" || !path.startsWith(`${STORE}/log/`)) return undefined;
      machine.fileSystem.fault = undefined;
      arrived.push(commit(2).write(storage));
      throw systemError("EIO");
    };
    await expect(commit(1).write(storage)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(arrived).toHaveLength(1);
    await expect(arrived[0]).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  it("still reads what a failed write has not touched", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await upsert("a").write(storage);
    machine.fileSystem.fault = ({ name }) => {
      if (name === "sync") throw systemError("EIO");
      return undefined;
    };
    await expect(commit(1).write(storage)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await upsert("a").isThere(storage)).toBe(true);
  });

  it("keeps values and secrets out of its errors", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    machine.fileSystem.fault = ({ name }) => {
      if (name === "sync") throw systemError("EIO");
      return undefined;
    };
    const errors = await Promise.all(
      [
        storage.state.commit([{ key: "k", value: "SENTINEL" }]),
        storage.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" }),
        storage.blobs.put("b", Buffer.from("SENTINEL")),
      ].map(async (call) => {
        try {
          return await call;
        } catch (error) {
          return error as Error;
        }
      }),
    );
    for (const error of errors) {
      expect(error).toBeInstanceOf(Error);
      expect(
        JSON.stringify(error) + String((error as Error).stack) + String((error as Error).cause),
      ).not.toMatch(/hunter2|SENTINEL/);
    }
  });
});
