import { openFsStorage, type TornTail, verifyFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, type Storage } from "@keelson/core";
import { type SimulatedFileSystem, systemError } from "@keelson/testkit/file-system";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, withoutRoom } from "./subject.ts";

const SEGMENT = `${STORE}/log/0000000001.log`;

/** The store as it is while one write is on its way to the disk. */
interface Moment {
  readonly fileSystem: SimulatedFileSystem;
  /** Where the write begins in the log. */
  readonly start: number;
  /** The keys that were acknowledged by then. */
  readonly acknowledged: readonly string[];
}

/** Writes a few commits and catches the store in the middle of each of the last three. */
async function catchMoments(): Promise<{ moments: Moment[]; last: SimulatedFileSystem }> {
  const machine = createTestMachine();
  const storage = await machine.open();
  const moments: Moment[] = [];
  const acknowledged: string[] = [];
  let start = 0;
  machine.fileSystem.fault = ({ name, path }) => {
    if (path !== SEGMENT) return undefined;
    if (name === "write") start = log(machine.fileSystem).length;
    if (name === "sync")
      moments.push({ fileSystem: machine.fileSystem.clone(), start, acknowledged: [...acknowledged] });
    return undefined;
  };
  for (const key of ["a", "b", "c", "d"]) {
    await storage.state.commit([{ key, value: `value of ${key}` }]);
    acknowledged.push(key);
  }
  return { moments: moments.slice(-3), last: machine.fileSystem.clone() };
}

const keysOf = async (storage: Storage): Promise<string[]> =>
  (await storage.state.scan()).map(({ key }) => key);

function setLog(fileSystem: SimulatedFileSystem, bytes: Uint8Array): void {
  fileSystem.files.set(SEGMENT, bytes);
}

/** Without the room at its end. */
function log(fileSystem: SimulatedFileSystem): Uint8Array {
  return withoutRoom(fileSystem.files.get(SEGMENT) ?? new Uint8Array());
}

describe(openFsStorage.name, () => {
  it.each([0, 5000])(
    "cuts a write torn at any byte, keeps the bytes aside, and loses nothing acknowledged, with %d bytes of room",
    async (room) => {
      const { moments } = await catchMoments();
      expect(moments).toHaveLength(3);
      for (const { fileSystem, start, acknowledged } of moments) {
        const whole = log(fileSystem);
        expect(whole.length).toBeGreaterThan(start + 28);
        for (let cut = start; cut < whole.length; cut++) {
          const machine = createTestMachine(fileSystem.clone());
          setLog(machine.fileSystem, Uint8Array.from([...whole.slice(0, cut), ...new Uint8Array(room)]));
          const left = withoutRoom(whole.slice(0, cut));
          const end = left.length;
          const tails: TornTail[] = [];
          const storage = await machine.open({ onTornTail: (tail) => tails.push(tail) });
          expect(await keysOf(storage)).toEqual(acknowledged);
          expect(log(machine.fileSystem)).toEqual(whole.slice(0, start));
          if (cut === start) {
            expect(tails).toEqual([]);
          } else {
            expect(tails).toEqual([{ file: SEGMENT, start, end, keptAs: `${STORE}/cut/1-${start}-1` }]);
            expect(machine.fileSystem.files.get(`${STORE}/cut/1-${start}-1`)).toEqual(left.slice(start));
          }
          await storage.state.commit([{ key: "after", value: 1 }]);
          await storage.close();
          const again = await machine.open();
          expect(await keysOf(again)).toEqual([...acknowledged, "after"].sort());
        }
      }
    },
  );

  it("takes any sectors of a write that reached the room for a torn one, unless all did", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await storage.state.commit([{ key: "a", value: 1 }]);
    const before = machine.fileSystem.clone();
    const start = log(before).length;
    await storage.state.commit([{ key: "b", value: "v".repeat(2500) }]);
    const whole = log(machine.fileSystem);
    const sectors = Math.ceil(whole.length / 512);
    for (let some = 0; some < 2 ** sectors; some++) {
      const torn = createTestMachine(before.clone());
      const image = torn.fileSystem.files.get(SEGMENT) as Uint8Array;
      for (let at = start; at < whole.length; at++)
        if (some & (2 ** Math.floor(at / 512))) image[at] = whole[at] as number;
      const isWhole = whole.every((byte, at) => image[at] === byte);
      setLog(torn.fileSystem, image);
      const tails: TornTail[] = [];
      const opened = await torn.open({ onTornTail: (tail) => tails.push(tail) });
      expect(await keysOf(opened)).toEqual(isWhole ? ["a", "b"] : ["a"]);
      expect(tails).toHaveLength(isWhole || withoutRoom(image).length <= start ? 0 : 1);
      await opened.state.commit([{ key: "c", value: 3 }]);
      await opened.close();
      expect(await keysOf(await torn.open())).toContain("c");
    }
  });

  it("leaves no room behind when it is closed, and finds what a kill left of it", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const length = (): number => machine.fileSystem.files.get(SEGMENT)?.length ?? 0;
    await storage.state.commit([{ key: "a", value: 1 }]);
    const { length: end } = log(machine.fileSystem);
    expect(length()).toBe(end + 256 * 1024);
    machine.kill();
    const tails: TornTail[] = [];
    const next = await machine.open({ onTornTail: (tail) => tails.push(tail) });
    expect(await keysOf(next)).toEqual(["a"]);
    expect(tails).toEqual([]);
    expect(length()).toBe(end);
    await next.close();
    expect((await verifyFsStorage(STORE, machine)).damage).toEqual([]);
  });

  it("cuts whatever garbage a torn write leaves, zeros included", async () => {
    const { moments } = await catchMoments();
    const moment = fc.constantFrom(...moments);
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat({ max: 5000 }).map((length) => new Uint8Array(length)),
      // What a frame begins with.
      fc.nat({ max: 20 }).map((times) => Buffer.from("KLF\n".repeat(times))),
    );
    await fc.assert(
      fc.asyncProperty(moment, fc.nat(), garbage, async ({ fileSystem, start, acknowledged }, n, tail) => {
        const whole = log(fileSystem);
        const kept = whole.slice(0, start + (n % (whole.length - start)));
        const machine = createTestMachine(fileSystem.clone());
        setLog(machine.fileSystem, Uint8Array.from([...kept, ...tail]));
        expect(await keysOf(await machine.open())).toEqual(acknowledged);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps a write that is whole though it was never acknowledged, and writes it once more", async () => {
    for (const { fileSystem, start, acknowledged } of (await catchMoments()).moments) {
      const machine = createTestMachine(fileSystem.clone());
      let rewritten: Uint8Array | undefined;
      machine.fileSystem.fault = ({ name, path, bytes }) => {
        if (name === "write" && path === SEGMENT) rewritten = Uint8Array.from(bytes ?? []);
        return undefined;
      };
      const storage = await machine.open();
      expect(await keysOf(storage)).toHaveLength(acknowledged.length + 1);
      expect(rewritten).toEqual(log(fileSystem).slice(start));
    }
  });

  it("refuses a log that ends before what was acknowledged, whatever byte it ends at", async () => {
    const { moments, last } = await catchMoments();
    const whole = log(last);
    const first = moments[0]?.start ?? 0;
    for (let cut = first; cut < whole.length; cut++) {
      const machine = createTestMachine(last.clone());
      setLog(machine.fileSystem, whole.slice(0, cut));
      const error = await machine.open().catch((reason: unknown) => reason);
      if (!isKeelsonError(error, "STORE_CORRUPT")) throw error;
      expect(error.details.file).toBe(SEGMENT);
      expect(error.details.end).toBeGreaterThan(error.details.start);
      expect(machine.fileSystem.files.get(SEGMENT)).toEqual(whole.slice(0, cut));
    }
  });

  it("cuts a failed write once, and does not meet what was left of it again", async () => {
    const machine = createTestMachine();
    const tails: TornTail[] = [];
    const open = (): Promise<Storage> => machine.open({ onTornTail: (tail) => tails.push(tail) });
    const storage = await open();
    let writes = 0;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name !== "write" || path !== SEGMENT) return undefined;
      if (writes++ > 0) throw systemError("ENOSPC");
      return 1000;
    };
    await expect(storage.state.commit([{ key: "a", value: "v".repeat(1400) }])).rejects.toThrow();
    machine.fileSystem.fault = undefined;
    await storage.close();
    for (const key of ["b", "c"]) {
      const next = await open();
      await next.state.commit([{ key, value: key }]);
      await next.close();
    }
    expect(tails).toHaveLength(1);
    expect(await keysOf(await open())).toEqual(["b", "c"]);
  });

  it("numbers what it keeps aside, so that no tail replaces another", async () => {
    const { fileSystem, start } = (await catchMoments()).moments[0] as Moment;
    for (const copy of [1, 2]) {
      // The crash again, with what the first opening kept aside.
      const machine = createTestMachine(fileSystem.clone());
      setLog(machine.fileSystem, log(fileSystem).slice(0, start + copy));
      await (await machine.open()).close();
      const kept = machine.fileSystem.files.get(`${STORE}/cut/1-${start}-${copy}`);
      expect(kept).toHaveLength(copy);
      if (kept !== undefined) fileSystem.files.set(`${STORE}/cut/1-${start}-${copy}`, kept);
    }
  });
});
