import { type FsStorage, openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret, type Storage } from "@keelson/core";
import { type SimulatedFileSystem, systemError } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

const NAMES = ["a", "b", "c"];
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const secretOf = (name: string): Secret => new Secret(`value of ${name}`, { name, version: 1 });

/** How a store comes by its key, and how that key is rotated. */
interface Way {
  readonly name: string;
  readonly before: Parameters<TestMachine["open"]>[0];
  /** Opens the store however far the rotation came. */
  readonly during: Parameters<TestMachine["open"]>[0];
  readonly after: Parameters<TestMachine["open"]>[0];
  rotate(storage: FsStorage): Promise<unknown>;
}

const WAYS: readonly Way[] = [
  {
    name: "a key file",
    before: {},
    during: {},
    after: {},
    rotate: (storage) => storage.rotateMasterKey(),
  },
  {
    name: "keys of the caller",
    before: { masterKey: key(1) },
    during: { masterKey: key(2), previousMasterKey: key(1) },
    after: { masterKey: key(2) },
    rotate: (storage) => storage.rotateMasterKey({ masterKey: key(2) }),
  },
  {
    name: "a key of the caller at opening",
    before: { masterKey: key(1) },
    during: { masterKey: key(2), previousMasterKey: key(1) },
    after: { masterKey: key(2) },
    rotate: async () => {},
  },
];

async function writeSecrets(machine: TestMachine, way: Way): Promise<void> {
  const storage = await machine.open(way.before);
  for (const name of NAMES) await storage.secrets.write(name, secretOf(name), { expect: "absent" });
  await storage.state.commit([{ key: "k", value: 1 }]);
  await storage.close();
}

async function assertSecrets(storage: Storage): Promise<void> {
  for (const [at, name] of NAMES.entries()) {
    const found = await storage.secrets.read(name);
    expect([found?.payload.expose(), found?.revision]).toEqual([`value of ${name}`, at + 1]);
  }
}

function fileContents({ fileSystem }: TestMachine): [string, Uint8Array | undefined][] {
  return fileSystem.files.keys().map((path) => [path, fileSystem.files.get(path)]);
}

/** Runs the rotation until it ends or the filesystem fails. */
async function rotate(machine: TestMachine, way: Way): Promise<void> {
  try {
    const storage = await machine.open(way.name.endsWith("opening") ? way.during : way.before);
    await way.rotate(storage);
    await storage.close();
  } catch (error) {
    if (!isKeelsonError(error, "STORE_FAILED")) throw error;
  }
  machine.kill();
}

/** The store's keys and secrets by the file system they are in: all that a rotation may change. */
async function assertOpens(fileSystem: SimulatedFileSystem, way: Way): Promise<void> {
  const machine = createTestMachine(fileSystem);
  const storage = await machine.open(way.during);
  await assertSecrets(storage);
  expect(await storage.state.commit([{ key: "k", value: 2 }])).toEqual({ revision: 5 });
  await storage.close();
  // Opening ended it.
  const again = await machine.open(way.after);
  await assertSecrets(again);
  const names = fileSystem.files.keys().filter((path) => path.startsWith(`${STORE}/master.key`));
  expect(names).toEqual(way.before?.masterKey === undefined ? [`${STORE}/master.key`] : []);
}

describe.each(WAYS)(`the master key of ${openFsStorage.name}, rotated: $name`, (way) => {
  it("opens what it sealed before, with the new key alone", async () => {
    const machine = createTestMachine();
    await writeSecrets(machine, way);
    const keyFile = machine.fileSystem.files.get(`${STORE}/master.key`);
    await rotate(machine, way);
    if (keyFile !== undefined)
      expect(machine.fileSystem.files.get(`${STORE}/master.key`)).not.toEqual(keyFile);
    const storage = await machine.open(way.after);
    await assertSecrets(storage);
    await storage.secrets.write("d", secretOf("d"), { expect: "absent" });
    await storage.close();

    // The old key opens nothing any more.
    if (keyFile === undefined) {
      const old = await machine.open(way.before);
      await expect(old.secrets.read("a")).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
    } else {
      machine.fileSystem.files.set(`${STORE}/master.key`, keyFile);
      await expect((await machine.open()).secrets.read("a")).rejects.toMatchObject({
        code: "SECRET_UNREADABLE",
      });
    }
  });

  it("is done or goes on at opening, whatever operation the process was killed or the power cut at", {
    timeout: 120_000,
  }, async () => {
    const before = createTestMachine();
    await writeSecrets(before, way);
    let moments = 0;
    for (let fired = true; fired; moments++) {
      fired = false;
      const machine = createTestMachine(before.fileSystem.clone());
      let count = 0;
      machine.fileSystem.fault = () => {
        if (count++ < moments) return undefined;
        fired = true;
        throw systemError("EIO");
      };
      await rotate(machine, way);
      machine.fileSystem.fault = undefined;
      for (const state of machine.fileSystem.crashStates({ limit: 5 })) await assertOpens(state, way);
      await assertOpens(machine.fileSystem.clone(), way);
    }
    expect(moments).toBeGreaterThan(30);
  });
});

describe(`rotateMasterKey of ${openFsStorage.name}`, () => {
  it("says how many secrets it wrapped anew, and seals what is written meanwhile with one of the keys", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    expect(await storage.rotateMasterKey()).toEqual({ rewrapped: 0 });
    for (const name of NAMES) await storage.secrets.write(name, secretOf(name), { expect: "absent" });
    const rotations = [storage.rotateMasterKey(), storage.rotateMasterKey()];
    await Promise.all(
      ["d", "e"].map((name) => storage.secrets.write(name, secretOf(name), { expect: "absent" })),
    );
    await assertSecrets(storage);
    const [first, second] = await Promise.all(rotations);
    expect([first?.rewrapped, second?.rewrapped]).toEqual([5, 5]);
    await storage.close();
    const again = await machine.open();
    await assertSecrets(again);
    for (const name of ["d", "e"])
      expect((await again.secrets.read(name))?.payload.expose()).toBe(`value of ${name}`);
  });

  it("comes to its end before the storage is closed", async () => {
    for (const names of [[], NAMES]) {
      const machine = createTestMachine();
      const storage = await machine.open();
      for (const name of names) await storage.secrets.write(name, secretOf(name), { expect: "absent" });
      const rotations = [storage.rotateMasterKey(), storage.rotateMasterKey()];
      await storage.close();
      const before = fileContents(machine);
      expect(machine.fileSystem.openFiles).toBe(0);
      const rewrapped = { rewrapped: names.length };
      expect(await Promise.all(rotations)).toEqual([rewrapped, rewrapped]);
      expect(fileContents(machine)).toEqual(before);
      const again = await machine.open();
      for (const name of names)
        expect((await again.secrets.read(name))?.payload.expose()).toBe(`value of ${name}`);
    }
  });

  it("gives the key out of the file's hands, and removes the file", async () => {
    const machine = createTestMachine();
    await writeSecrets(machine, WAYS[0] as Way);
    const left = machine.fileSystem.files.get(`${STORE}/master.key`) as Uint8Array;
    const storage = await machine.open();
    expect(await storage.rotateMasterKey({ masterKey: key(3) })).toEqual({ rewrapped: 3 });
    await storage.close();
    expect(machine.fileSystem.files.has(`${STORE}/master.key`)).toBe(false);
    // As when the process ended just before.
    machine.fileSystem.files.set(`${STORE}/master.key`, left);
    const again = await machine.open({ masterKey: key(3) });
    await assertSecrets(again);
    expect(machine.fileSystem.files.has(`${STORE}/master.key`)).toBe(false);
  });

  it("wants a key of 32 bytes, and one where the caller keeps it", async () => {
    const storage = await createTestMachine().open({ masterKey: key(1) });
    const invalid = { code: "ARGUMENT_INVALID", details: { argument: "masterKey" } };
    await expect(storage.rotateMasterKey()).rejects.toMatchObject(invalid);
    await expect(storage.rotateMasterKey({ masterKey: new Uint8Array(31) })).rejects.toMatchObject(invalid);
    await expect(storage.rotateMasterKey({ signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await storage.close();
    await expect(storage.rotateMasterKey()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });

  it("does not take a wrong key for the next one", async () => {
    const machine = createTestMachine();
    await writeSecrets(machine, WAYS[1] as Way);
    const wrong = await machine.open({ masterKey: key(8), previousMasterKey: key(9) });
    const unreadable = { code: "SECRET_UNREADABLE", details: { name: "a" } };
    await expect(wrong.secrets.read("a")).rejects.toMatchObject(unreadable);
    await expect(wrong.rotateMasterKey({ masterKey: key(7) })).rejects.toMatchObject(unreadable);
    await wrong.close();
    await assertSecrets(await machine.open({ masterKey: key(1) }));
  });

  it("leaves no envelope of the old key in the files, once they are reclaimed", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ masterKey: key(1) });
    await storage.secrets.write("a", secretOf("a"), { expect: "absent" });
    const log = (): string =>
      machine.fileSystem.files
        .keys()
        .map((path) => Buffer.from(machine.fileSystem.files.get(path) ?? []).toString("latin1"))
        .join("");
    const [envelope] = /[A-Za-z0-9_-]{150,}/.exec(log()) ?? [];
    expect(envelope).toBeDefined();
    const wrapped = (envelope as string).slice(12, 90);
    await storage.rotateMasterKey({ masterKey: key(2) });
    expect(log()).toContain(wrapped);
    await storage.reclaim?.();
    expect(log()).not.toContain(wrapped);
    await storage.close();
  });
});
