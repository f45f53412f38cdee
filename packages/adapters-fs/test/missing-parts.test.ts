import { inspectFsStorage, type StoreDamage, salvageFsStorage, verifyFsStorage } from "@keelson/adapters-fs";
import type { SimulatedFileSystem } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { checksum } from "../src/codec/checksum.ts";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

function flip(fileSystem: SimulatedFileSystem, path: string, at: number): void {
  const bytes = fileSystem.files.get(path) as Uint8Array;
  bytes[at] = (bytes[at] as number) ^ 1;
  fileSystem.files.set(path, bytes);
}

/** A store whose log has four segments of one frame each behind an empty one, closed. */
async function createSegments(compacted = false): Promise<TestMachine> {
  const machine = createTestMachine();
  const storage = await machine.open({ segmentBytes: 1, compactAt: 1 });
  if (compacted) {
    await storage.state.commit([{ key: "z", value: 0 }]);
    await storage.reclaim?.();
  }
  for (const key of ["a", "b", "c", "d"]) await storage.state.commit([{ key, value: 1 }]);
  await storage.close();
  return machine;
}

describe.each([
  { tool: inspectFsStorage.name },
  { tool: verifyFsStorage.name },
  { tool: salvageFsStorage.name },
])("$tool", ({ tool }) => {
  let salvaged = 0;
  const damageFound = async (fileSystem: SimulatedFileSystem): Promise<StoreDamage[]> => {
    if (tool === verifyFsStorage.name) return [...(await verifyFsStorage(STORE, { fileSystem })).damage];
    if (tool === salvageFsStorage.name)
      return [...(await salvageFsStorage(STORE, `/new/${++salvaged}`, { fileSystem })).damage];
    const found: StoreDamage[] = [];
    for await (const frame of inspectFsStorage(STORE, { fileSystem }))
      if ("damage" in frame) {
        const { damage: reason, ...place } = frame;
        found.push({ ...place, reason });
      }
    return found;
  };

  it.each([false, true])(
    "finds a segment that is missing, whatever else is damaged, compacted: %s",
    async (compacted) => {
      const { fileSystem } = await createSegments(compacted);
      const paths = fileSystem.files.keys().filter((each) => each.includes("/log/"));
      for (const path of paths) {
        const damaged = fileSystem.clone();
        damaged.files.delete(path);
        expect(await damageFound(damaged)).toMatchObject([
          { file: path, start: 0, end: 0, reason: expect.stringContaining("the segment is missing") },
        ]);
        const other = paths.findLast((each) => each !== path) as string;
        flip(damaged, other, 100);
        const files = (await damageFound(damaged)).map(({ file }) => file);
        expect(new Set(files)).toEqual(new Set([path, other]));
      }
    },
  );

  it("tells several missing segments at once", async () => {
    const { fileSystem } = await createSegments();
    for (const n of [2, 3]) fileSystem.files.delete(`${STORE}/log/000000000${n}.log`);
    const [first, ...others] = await damageFound(fileSystem);
    expect(first).toMatchObject({
      file: `${STORE}/log/0000000002.log`,
      reason: "the segments 2 to 3 are missing",
    });
    expect(others).toEqual([]);
  });

  it("finds a checkpoint that is missing", async () => {
    const { fileSystem } = await createSegments(true);
    fileSystem.files.delete(`${STORE}/checkpoint`);
    expect(await damageFound(fileSystem)).toMatchObject([
      { file: `${STORE}/log/0000000001.log`, reason: expect.stringContaining("no checkpoint in its place") },
    ]);
  });

  it("finds a log that was cut off between two frames", async () => {
    const { fileSystem } = await createSegments();
    for (const path of fileSystem.files.keys().filter((each) => each.includes("/log/"))) {
      const cut = fileSystem.clone();
      const whole = cut.files.get(path) ?? new Uint8Array();
      cut.files.set(path, whole.slice(0, 96));
      if (whole.length === 96) continue;
      expect(await damageFound(cut)).toContainEqual(
        expect.objectContaining({
          file: path,
          start: 96,
          end: whole.length,
          reason: "the segment is cut off",
        }),
      );
    }
  });

  it("finds a segment that does not follow the one before it, though each is whole", async () => {
    const { fileSystem } = await createSegments();
    const path = `${STORE}/log/0000000003.log`;
    const header = Buffer.from(fileSystem.files.get(path)?.subarray(0, 96) ?? []);
    header.writeUInt8(header.readUInt8(48) ^ 1, 48);
    header.writeUInt32LE(checksum(header.subarray(0, 92)), 92);
    const rest = fileSystem.files.get(path)?.subarray(96) ?? [];
    fileSystem.files.set(path, Uint8Array.from([...header, ...rest]));
    expect(await damageFound(fileSystem)).toContainEqual({
      ...{ file: path, start: 0, end: 96 },
      reason: "it does not follow the segment before it",
    });
  });

  it("takes what a crash leaves of a new segment for no damage", async () => {
    const { fileSystem } = await createSegments();
    for (const left of [0, 1, 50, 96]) {
      const crashed = fileSystem.clone();
      crashed.files.set(`${STORE}/log/0000000006.log`, new Uint8Array(left));
      expect(await damageFound(crashed)).toEqual([]);
      const storage = await createTestMachine(crashed).open();
      await storage.close();
    }
  });

  it("takes a torn first write of a new segment for what opening takes it for", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ segmentBytes: 3000, compactAt: 1 });
    await storage.state.commit([{ key: "a", value: "v".repeat(3000) }]);
    const acknowledged = machine.fileSystem.files.get(`${STORE}/acknowledged`) ?? new Uint8Array();
    await storage.state.commit([{ key: "b", value: "v".repeat(100) }]);
    machine.kill();
    const { files } = machine.fileSystem;
    files.set(`${STORE}/acknowledged`, acknowledged);
    const path = `${STORE}/log/0000000002.log`;
    files.set(path, files.get(path)?.slice(0, 150) ?? new Uint8Array());
    const found = await damageFound(machine.fileSystem.clone());
    const told = { file: path, start: 96, end: 150 };
    if (tool === verifyFsStorage.name) expect(found).toEqual([]);
    else expect(found).toMatchObject([told]);
    const tails: unknown[] = [];
    await machine.open({ onTornTail: (tail) => tails.push(tail) });
    expect(tails).toMatchObject([told]);
  });

  it("takes whatever follows the first loss in a log that was not synced for what opening takes it for", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ durability: "os", compactAt: 1 });
    for (const key of ["a", "b", "c"]) await storage.state.commit([{ key, value: 1 }]);
    machine.kill();
    const path = `${STORE}/log/0000000002.log`;
    flip(machine.fileSystem, path, 96 + 30);
    const told = { file: path, start: 96, end: machine.fileSystem.files.get(path)?.length };
    const found = await damageFound(machine.fileSystem.clone());
    if (tool === verifyFsStorage.name) expect(found).toEqual([]);
    else expect(found).toMatchObject([told]);
    const tails: unknown[] = [];
    await machine.open({ onTornTail: (tail) => tails.push(tail) });
    expect(tails).toMatchObject([told]);
  });
});
