import { openFsStorage, salvageFsStorage, verifyFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret, type Storage } from "@keelson/core";
import type { SimulatedFileSystem } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { checksum } from "../src/codec/checksum.ts";
import { createFrameEncoder } from "../src/log/frame.ts";
import { firstHeader } from "../src/log/segment.ts";
import { encodeSegmentHeader } from "../src/log/segment-header.ts";
import { createTestMachine, STORE, type TestMachine, withoutRoom } from "./subject.ts";

/** A small store with a bit of everything, in several segments. */
async function writeStore(machine: TestMachine, compacted = false): Promise<void> {
  const storage = await machine.open({ segmentBytes: 150 });
  const docs = await storage.vectors.open("docs", { dimension: 2, metric: "dot" });
  await docs.upsert([{ id: "a", vector: Float32Array.of(1, 2), text: "text", metadata: { x: 1 } }]);
  await storage.state.commit([{ key: "k", value: "v" }]);
  await storage.blobs.put("blob", Uint8Array.of(1, 2, 3));
  await storage.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" });
  await docs.delete(["nobody"]);
  if (compacted) await storage.reclaim?.();
  await storage.state.commit([{ key: "last", value: 1 }]);
  await storage.state.commit([{ key: "very last", value: 2 }]);
}

async function readAll(storage: Storage): Promise<unknown> {
  const names = (await storage.vectors.list()).map(({ name }) => name);
  const docs = await storage.vectors.open("docs", { dimension: 2, metric: "dot" });
  return {
    names,
    docs: await docs.scan?.(),
    state: await storage.state.scan(),
    list: await storage.blobs.list(""),
    stat: await storage.blobs.stat("blob"),
    blob: await storage.blobs.get("blob"),
    secret: (await storage.secrets.read("s"))?.payload.expose(),
  };
}

function read(fileSystem: SimulatedFileSystem, path: string): Uint8Array {
  const content = fileSystem.files.get(path);
  if (content === undefined) throw new Error(`no file ${path}`);
  return content;
}

function flip(fileSystem: SimulatedFileSystem, path: string, at: number, mask: number): void {
  const content = read(fileSystem, path);
  content[at] = (content[at] as number) ^ mask;
  fileSystem.files.set(path, content);
}

/** Without the files that say whose turn it is. */
function content(fileSystem: SimulatedFileSystem): [string, Uint8Array][] {
  return fileSystem.files
    .keys()
    .filter((path) => !/\/(lock-\d+|tmp\/\w+)$/.test(path))
    .map((path) => [path, read(fileSystem, path)]);
}

// What may be flipped without harm: a slot, since there are two, and who had the lock when that one is dead or let go.
describe.each([
  { how: "closed", closed: true, compacted: false, spared: ["acknowledged", "lock-"] },
  { how: "killed", closed: false, compacted: false, spared: ["acknowledged", "lock-"] },
  { how: "compacted and closed", closed: true, compacted: true, spared: ["acknowledged", "lock-"] },
  { how: "compacted and killed", closed: false, compacted: true, spared: ["acknowledged", "lock-"] },
])(`${openFsStorage.name}, on a store that was $how`, ({ closed, compacted, spared }) => {
  it("tells of a flip in any byte of any file, or gives everything back unchanged", {
    timeout: 120_000,
  }, async () => {
    const original = createTestMachine();
    await writeStore(original, compacted);
    original.kill();
    if (closed) await (await original.open()).close();
    const wanted = await readAll(await createTestMachine(original.fileSystem.clone()).open());

    const harmless = new Map<string, number>();
    for (const path of original.fileSystem.files.keys()) {
      for (let at = 0; at < read(original.fileSystem, path).length; at++) {
        const machine = createTestMachine(original.fileSystem.clone());
        flip(machine.fileSystem, path, at, 1 << (at % 8));
        const before = content(machine.fileSystem);
        let opened: Storage | undefined;
        try {
          opened = await machine.open();
          expect(await readAll(opened)).toEqual(wanted);
          harmless.set(path, (harmless.get(path) ?? 0) + 1);
          if (closed && path.includes("/lock-")) expect(at).toBeGreaterThan('{"released":'.length);
        } catch (error) {
          if (!isKeelsonError(error, "STORE_CORRUPT")) throw error;
          const { file, start, end } = error.details;
          expect(file).toBe(path);
          expect([start <= at, at < end]).toEqual([true, true]);
          // Nothing is cut or repaired where anything is damaged.
          if (opened === undefined) expect(content(machine.fileSystem)).toEqual(before);
        }
      }
    }
    const places = [...harmless.keys()].map((path) => path.slice(STORE.length + 1).replace(/\d+$/, ""));
    expect(new Set(places)).toEqual(new Set(spared));
  });

  it("finds a flip by what it still knows when the newest slot is the one that was flipped", async () => {
    const machine = createTestMachine();
    await writeStore(machine, compacted);
    machine.kill();
    if (closed) await (await machine.open()).close();
    for (const place of [0, 512]) flip(machine.fileSystem, `${STORE}/acknowledged`, place + 30, 1);
    await expect(machine.open()).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { file: `${STORE}/acknowledged` },
    });
  });
});

describe(openFsStorage.name, () => {
  it.each([false, true])("misses no file that is gone, compacted: %s", async (compacted) => {
    const original = createTestMachine();
    await writeStore(original, compacted);
    original.kill();
    const paths = original.fileSystem.files
      .keys()
      .filter((path) => /\/log\/|\/(acknowledged|checkpoint)$/.test(path));
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const machine = createTestMachine(original.fileSystem.clone());
      machine.fileSystem.files.delete(path);
      const file = path.endsWith("/checkpoint") ? `${STORE}/log/0000000001.log` : path;
      await expect(machine.open()).rejects.toMatchObject({ code: "STORE_CORRUPT", details: { file } });
    }
  });

  it("refuses two logs put together of one store's past and present", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await storage.state.commit([{ key: "a", value: 1 }]);
    const past = machine.fileSystem.clone();
    await storage.state.commit([{ key: "a", value: 2 }]);
    machine.kill();
    const path = `${STORE}/log/0000000001.log`;
    machine.fileSystem.files.set(path, read(past, path));
    await expect(machine.open()).rejects.toMatchObject({ code: "STORE_CORRUPT", details: { file: path } });
  });

  it("still knows all but the last acknowledgement when the newest slot was torn", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const file = `${STORE}/log/0000000001.log`;
    for (const key of ["a", "b", "c"]) await storage.state.commit([{ key, value: key }]);
    const { fileSystem } = machine;
    const [log, slots] = [read(fileSystem, file), read(fileSystem, `${STORE}/acknowledged`)];
    await storage.state.commit([{ key: "d", value: "d" }]);
    machine.kill();
    const newest = read(fileSystem, `${STORE}/acknowledged`);
    const place = newest.findIndex((byte, at) => byte !== slots[at]) < 512 ? 0 : 512;
    for (let torn = 0; torn < 56; torn++) {
      const image = machine.fileSystem.clone();
      const mixed = slots.slice();
      mixed.set(newest.subarray(place, place + torn), place);
      // A sector whose write was torn holds neither the old nor the new whole.
      mixed[place + 55] = 0xa5;
      image.files.set(`${STORE}/acknowledged`, mixed);
      const whole = await createTestMachine(image.clone()).open();
      expect(await whole.state.scan()).toHaveLength(4);
      image.files.set(file, withoutRoom(log).slice(0, -1));
      await expect(createTestMachine(image).open()).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    }
  });

  it("tells damage from a torn write by the frame that follows, where a power cut left an old acknowledgement", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const file = `${STORE}/log/0000000001.log`;
    const old = read(machine.fileSystem, `${STORE}/acknowledged`);
    const ends: number[] = [withoutRoom(read(machine.fileSystem, file)).length];
    for (const key of ["a", "b", "c"]) {
      await storage.state.commit([{ key, value: key }]);
      ends.push(withoutRoom(read(machine.fileSystem, file)).length);
    }
    machine.kill();
    const [start, a, b, c] = ends as [number, number, number, number];
    for (let at = start; at < c; at++) {
      const damaged = createTestMachine(machine.fileSystem.clone());
      damaged.fileSystem.files.set(`${STORE}/acknowledged`, old);
      flip(damaged.fileSystem, file, at, 0x10);
      if (at < b) {
        const [from, to] = at < a ? [start, a] : [a, b];
        await expect(damaged.open()).rejects.toMatchObject({
          code: "STORE_CORRUPT",
          details: { file, start: from, end: to },
        });
      } else {
        // The one damage that looks like a torn write. The bytes are kept aside.
        const tails: unknown[] = [];
        const reopened = await damaged.open({ onTornTail: (tail) => tails.push(tail) });
        expect((await reopened.state.scan()).map(({ key }) => key)).toEqual(["a", "b"]);
        expect(tails).toEqual([{ file, start: b, end: c, keptAs: `${STORE}/cut/1-${b}-1` }]);
      }
    }
  });

  it("takes a flip in the room of a killed store for a torn write, and keeps it aside", async () => {
    const original = createTestMachine();
    await (await original.open()).state.commit([{ key: "k", value: 1 }]);
    original.kill();
    const file = `${STORE}/log/0000000001.log`;
    const { length: start } = withoutRoom(read(original.fileSystem, file));
    const { length } = read(original.fileSystem, file);
    for (let at = start, n = 0; at < length; at += n < 64 ? 1 : 3001, n++) {
      const machine = createTestMachine(original.fileSystem.clone());
      flip(machine.fileSystem, file, at, 1 << (n % 8));
      const verified = await verifyFsStorage(STORE, machine);
      expect(verified).toMatchObject({ ok: true, frames: 1, tornTail: { file, start, end: at + 1 } });
      const tails: unknown[] = [];
      const reopened = await machine.open({ onTornTail: (tail) => tails.push(tail) });
      expect(await reopened.state.scan()).toHaveLength(1);
      expect(tails).toEqual([{ file, start, end: at + 1, keptAs: `${STORE}/cut/1-${start}-1` }]);
      await reopened.close();
    }
  });

  it("finds acknowledged frames that turned to zeros, with every tool", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const file = `${STORE}/log/0000000001.log`;
    await storage.state.commit([{ key: "a", value: 1 }]);
    const { length: start } = withoutRoom(read(machine.fileSystem, file));
    await storage.state.commit([{ key: "b", value: 2 }]);
    machine.kill();
    const { length: end } = withoutRoom(read(machine.fileSystem, file));
    machine.fileSystem.files.set(file, read(machine.fileSystem, file).fill(0, start));
    const before = read(machine.fileSystem, file);
    await expect(machine.open()).rejects.toMatchObject({ code: "STORE_CORRUPT", details: { start, end } });
    expect(read(machine.fileSystem, file)).toEqual(before);
    expect((await verifyFsStorage(STORE, machine)).damage).toMatchObject([{ file, start, end }]);
    expect((await salvageFsStorage(STORE, "/new", machine)).damage).toMatchObject([{ file, start, end }]);
  });

  it("refuses frames of two histories of one store, though each frame is whole", async () => {
    const machine = createTestMachine();
    await (await machine.open()).close();
    const histories = await Promise.all(
      ["one", "two"].map(async (value) => {
        const branch = createTestMachine(machine.fileSystem.clone());
        const storage = await branch.open();
        const file = `${STORE}/log/0000000001.log`;
        const length = (): number => withoutRoom(read(branch.fileSystem, file)).length;
        await storage.state.commit([{ key: "a", value }]);
        const middle = length();
        await storage.state.commit([{ key: "b", value: "same" }]);
        await storage.close();
        return { branch, file, middle };
      }),
    );
    // The whole of the other history, up to the same byte.
    const [one, two] = histories as [(typeof histories)[0], (typeof histories)[0]];
    expect(one.middle).toBe(two.middle);
    const swapped = createTestMachine(two.branch.fileSystem.clone());
    swapped.fileSystem.files.set(two.file, read(one.branch.fileSystem, one.file));
    await expect(swapped.open()).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { file: two.file },
    });

    // One frame of each.
    const mixed = read(two.branch.fileSystem, two.file);
    mixed.set(read(one.branch.fileSystem, one.file).subarray(0, one.middle));
    two.branch.fileSystem.files.set(two.file, mixed);
    await expect(two.branch.open()).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { file: two.file, start: two.middle },
    });
  });

  it("refuses a whole frame that makes no sense", async () => {
    const machine = createTestMachine();
    await (await machine.open()).close();
    const path = `${STORE}/log/0000000001.log`;
    const header = Buffer.from(read(machine.fileSystem, path));
    const frames = createFrameEncoder(checksum(header.subarray(16, 32)));
    const frame = frames.encode([Uint8Array.of(99)], 1, header.readUInt32LE(92));
    const log = Buffer.concat([header, frame.bytes]);
    machine.fileSystem.files.set(path, log);
    await expect(machine.open()).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { start: 96, end: log.length },
    });
  });

  it("refuses a segment of another store", async () => {
    const [one, other] = [createTestMachine(), createTestMachine()];
    for (const machine of [one, other]) {
      await writeStore(machine);
      machine.kill();
    }
    const path = `${STORE}/log/0000000002.log`;
    one.fileSystem.files.set(path, read(other.fileSystem, path));
    await expect(one.open()).rejects.toMatchObject({ code: "STORE_CORRUPT", details: { file: path } });
  });

  it("tells a format of the future from damage", async () => {
    const machine = createTestMachine();
    await (await machine.open()).close();
    const path = `${STORE}/log/0000000001.log`;
    const written = read(machine.fileSystem, path);
    const storeId = written.slice(16, 32);
    const header = Buffer.from(encodeSegmentHeader(firstHeader(storeId)));
    header.writeUInt32LE(2, 8);
    header.writeUInt32LE(checksum(header.subarray(0, 92)), 92);
    machine.fileSystem.files.set(path, header);
    await expect(machine.open()).rejects.toMatchObject({
      code: "STORE_FORMAT_UNSUPPORTED",
      details: { file: path, format: 2, supported: [1] },
    });
  });
});
