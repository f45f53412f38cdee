import { openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError } from "@keelson/core";
import { createSimulatedFileSystem, type SimulatedFiles, systemError } from "@keelson/testkit/file-system";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileSystem } from "../src/file-system.ts";
import { createLayout } from "../src/layout.ts";
import { acquireOwnerLock, type OwnerLock } from "../src/owner-lock.ts";
import { createTestMachine, STORE } from "./subject.ts";

const locks = (files: SimulatedFiles): string[] =>
  files.keys().filter((path) => path.startsWith(`${STORE}/lock-`));

describe(openFsStorage.name, () => {
  it("refuses a directory that is open, with the owner's process id", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await expect(machine.open()).rejects.toMatchObject({
      code: "STORE_LOCKED",
      details: { directory: STORE, pid: 1 },
      retryable: true,
    });
    await storage.state.commit([{ key: "a", value: 1 }]);
    await storage.close();
    const next = await machine.open();
    expect((await next.state.get(["a"]))[0]?.value).toBe(1);
  });

  it("takes a dead owner's lock over", async () => {
    const machine = createTestMachine();
    await (await machine.open()).state.commit([{ key: "a", value: 1 }]);
    machine.kill();
    const next = await machine.open();
    expect((await next.state.get(["a"]))[0]?.value).toBe(1);
    await expect(machine.open()).rejects.toMatchObject({ code: "STORE_LOCKED", details: { pid: 2 } });
  });

  it("lets go of the lock when opening fails", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await storage.close();
    const { files } = machine.fileSystem;
    const segment = `${STORE}/log/0000000001.log`;
    const whole = files.get(segment) ?? new Uint8Array();
    files.set(segment, whole.slice(0, 10));
    await expect(machine.open()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    files.set(segment, whole);
    await (await machine.open()).close();
  });

  it("lets go of the lock where there is no room for anything new", async () => {
    const machine = createTestMachine();
    const { fileSystem } = machine;
    const storage = await machine.open();
    await storage.state.commit([{ key: "a", value: 1 }]);
    fileSystem.fault = ({ name, path }) => {
      if (name === "open" || name === "rename" || (name === "write" && path.includes("/log/")))
        throw systemError("ENOSPC");
      return undefined;
    };
    await expect(storage.state.commit([{ key: "b", value: 1 }])).rejects.toMatchObject({
      code: "STORE_FAILED",
    });
    await storage.close();
    fileSystem.fault = undefined;
    const again = await machine.open();
    expect((await again.state.scan()).map(({ key }) => key)).toEqual(["a"]);
    await again.close();
  });

  it("leaves one lock file behind, however often it is opened", async () => {
    const machine = createTestMachine();
    for (let n = 1; n <= 5; n++) {
      const storage = await machine.open();
      if (n % 2 === 0) await storage.close();
      else machine.kill();
      expect(locks(machine.fileSystem.files)).toEqual([`${STORE}/lock-${n}`]);
    }
  });

  it("gives an owner that was wrongly taken for dead no further word", async () => {
    for (const [openings, first] of [
      [1, "commit"],
      [2, "commit"],
      [1, "put"],
    ] as const) {
      const machine = createTestMachine();
      const sleeper = await machine.open();
      await sleeper.state.commit([{ key: "a", value: "before" }]);
      machine.kill();
      // Even if the first to take over does not get to write.
      if (openings === 2) {
        machine.fileSystem.fault = ({ name, path }) => {
          if (name === "sync" && path.endsWith("2.log")) throw new Error("made up by the test");
          return undefined;
        };
        await expect(machine.open()).rejects.toMatchObject({ code: "STORE_FAILED" });
        machine.fileSystem.fault = undefined;
      }
      const owner = await machine.open();
      await owner.state.commit([{ key: "b", value: "owner" }]);

      const failed = { code: "STORE_FAILED" };
      const put = async (): Promise<unknown> => sleeper.blobs.put("c", Uint8Array.of(1));
      const commit = async (): Promise<unknown> => sleeper.state.commit([{ key: "a", value: "sleeper" }]);
      for (const write of first === "put" ? [put, commit] : [commit, put])
        await expect(write()).rejects.toMatchObject(failed);
      await owner.state.commit([{ key: "d", value: "owner" }]);
      await sleeper.close();
      await expect(machine.open()).rejects.toMatchObject({ code: "STORE_LOCKED" });
      await owner.close();

      const next = await machine.open();
      expect((await next.state.scan()).map(({ key, value }) => [key, value])).toEqual([
        ["a", "before"],
        ["b", "owner"],
        ["d", "owner"],
      ]);
    }
  });

  it("does not guess who owns a directory whose lock it cannot read", async () => {
    const machine = createTestMachine();
    await (await machine.open()).close();
    for (const content of [
      "",
      "{}",
      "null",
      '{"released":0,"pid":-1}',
      '{"pid":5}',
      '{"released":1,"pid":5}',
    ]) {
      machine.fileSystem.files.set(`${STORE}/lock-1`, Buffer.from(content));
      await expect(machine.open()).rejects.toMatchObject({
        code: "STORE_CORRUPT",
        details: { file: `${STORE}/lock-1` },
      });
    }
  });
});

describe(acquireOwnerLock.name, () => {
  it("gives no lock to one who was slow, and takes the number of an owner that came and went", async () => {
    const memory = createSimulatedFileSystem();
    await memory.createDirectory(`${STORE}/tmp`);
    memory.files.set(`${STORE}/lock-7`, Buffer.from('{"released":0,"pid":999,"bootId":"x"}'));
    const contend = (pid: number, fileSystem: FileSystem): Promise<OwnerLock> =>
      acquireOwnerLock({
        fileSystem,
        layout: createLayout(STORE),
        processes: {
          self: async () => ({ pid, startTime: undefined, bootId: "x" }),
          isAlive: async (owner) => owner.pid !== 999,
        },
      });

    let owner: OwnerLock | undefined;
    let slowly = true;
    const slow = contend(1, {
      ...memory,
      link: async (from, to) => {
        if (slowly) {
          slowly = false;
          await (await contend(2, memory)).release(true);
          owner = await contend(3, memory);
        }
        await memory.link(from, to);
      },
    });
    await expect(slow).rejects.toMatchObject({ code: "STORE_LOCKED", details: { pid: 3 } });
    await owner?.assertHeld();
    expect(locks(memory.files)).toEqual([`${STORE}/lock-9`]);
  });

  it("never has two owners at once, whatever the order of their steps", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { minLength: 2, maxLength: 4 }),
        fc.boolean(),
        async (scheduler, releases, startsFresh) => {
          const memory = createSimulatedFileSystem();
          await memory.createDirectory(`${STORE}/tmp`);
          if (!startsFresh)
            memory.files.set(`${STORE}/lock-7`, Buffer.from('{"released":0,"pid":999,"bootId":"x"}'));
          const fileSystem: FileSystem = {
            ...memory,
            list: scheduler.scheduleFunction(memory.list),
            link: scheduler.scheduleFunction(memory.link),
            remove: scheduler.scheduleFunction(memory.remove),
            rename: scheduler.scheduleFunction(memory.rename),
            open: scheduler.scheduleFunction(memory.open),
          };
          const owners = new Set<number>();
          const contend = async (pid: number, release: boolean): Promise<void> => {
            const processes = {
              self: async () => ({ pid, startTime: undefined, bootId: "x" }),
              isAlive: async (owner: { pid: number }) => owner.pid !== 999,
            };
            try {
              const lock = await acquireOwnerLock({ fileSystem, processes, layout: createLayout(STORE) });
              await lock.assertHeld();
              expect([...owners]).toEqual([]);
              owners.add(pid);
              if (!release) return;
              await scheduler.schedule(Promise.resolve());
              owners.delete(pid);
              await lock.release(true);
            } catch (error) {
              if (!isKeelsonError(error, "STORE_LOCKED")) throw error;
            }
          };
          const contenders = releases.map((release, i) => contend(i + 1, release));
          await scheduler.waitFor(Promise.all(contenders));
          if (releases.every((release) => !release)) expect(owners.size).toBe(1);
        },
      ),
      { numRuns: 300 },
    );
  });
});
