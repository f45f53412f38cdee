import {
  type InspectedFrame,
  inspectFsStorage,
  salvageFsStorage,
  verifyFsStorage,
} from "@keelson/adapters-fs";
import { Secret, type Storage } from "@keelson/core";
import type { SimulatedFileSystem } from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { runCli } from "../src/cli.ts";
import { checksum } from "../src/codec/checksum.ts";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

const SHAPE = { dimension: 2, metric: "dot" } as const;
const WORDS = ["hunter2", "SENTINEL text", "SENTINEL meta", "SENTINEL value"];
const LOG = `${STORE}/log/0000000001.log`;

/** A store with one frame a write, closed. */
async function createStore({ compacted = false } = {}): Promise<TestMachine> {
  const machine = createTestMachine();
  const storage = await machine.open({ compactAt: 1 });
  const docs = await storage.vectors.open("docs", SHAPE);
  for (const id of ["a", "b", "c"])
    await docs.upsert([
      { id, vector: Float32Array.of(1, 2), text: "SENTINEL text", metadata: { x: "SENTINEL meta" } },
    ]);
  await docs.delete(["c"]);
  await storage.state.commit([{ key: "k", value: "SENTINEL value" }]);
  await storage.state.commit([
    { key: "l", value: 1 },
    { key: "k", delete: true },
  ]);
  await storage.secrets.write("s", new Secret("hunter2", { name: "s", version: 1 }), { expect: "absent" });
  await storage.blobs.put("blob", Uint8Array.of(1, 2, 3));
  await storage.blobs.put("other", Uint8Array.of(4));
  if (compacted) await storage.reclaim?.();
  await storage.close();
  return machine;
}

async function inspect(fileSystem: SimulatedFileSystem): Promise<InspectedFrame[]> {
  const frames: InspectedFrame[] = [];
  for await (const frame of inspectFsStorage(STORE, { fileSystem })) frames.push(frame);
  return frames;
}

function flip(fileSystem: SimulatedFileSystem, path: string, at: number): void {
  const bytes = fileSystem.files.get(path) as Uint8Array;
  bytes[at] = (bytes[at] as number) ^ 1;
  fileSystem.files.set(path, bytes);
}

async function content(storage: Storage): Promise<unknown> {
  return {
    ids: (await (await storage.vectors.open("docs", SHAPE)).scan?.())?.map(({ id }) => id),
    keys: (await storage.state.scan()).map(({ key }) => key),
    secret: (await storage.secrets.read("s"))?.payload.expose(),
    blobs: (await storage.blobs.list("")).map(({ key }) => key),
  };
}

const WHOLE = { ids: ["a", "b"], keys: ["l"], secret: "hunter2", blobs: ["blob", "other"] };

/** Opens what was salvaged. */
async function openAt(fileSystem: SimulatedFileSystem, directory: string): Promise<Storage> {
  const moved = createTestMachine();
  for (const path of fileSystem.files.keys())
    if (path.startsWith(`${directory}/`))
      moved.fileSystem.files.set(
        STORE + path.slice(directory.length),
        fileSystem.files.get(path) as Uint8Array,
      );
  return await moved.open();
}

describe(inspectFsStorage.name, () => {
  it("tells what each frame is about, and where it stands", async () => {
    const { fileSystem } = await createStore();
    const frames = await inspect(fileSystem);
    expect(frames.flatMap((frame): unknown[] => ("parts" in frame ? [...frame.parts] : [frame]))).toEqual([
      { type: "createCollection", name: "docs", ...SHAPE },
      { type: "upsert", collection: "docs", ids: ["a"] },
      { type: "upsert", collection: "docs", ids: ["b"] },
      { type: "upsert", collection: "docs", ids: ["c"] },
      { type: "delete", collection: "docs", ids: ["c"] },
      { type: "commit", revision: 1, put: ["k"], deleted: [] },
      { type: "commit", revision: 2, put: ["l"], deleted: ["k"] },
      { type: "writeSecret", name: "s", revision: 3 },
    ]);
    expect(frames[0]).toMatchObject({ file: LOG, start: 96, sequence: 1 });
    for (const [i, frame] of frames.entries()) expect(frame.start).toBe(i === 0 ? 96 : frames[i - 1]?.end);
    expect(frames.at(-1)?.end).toBe(fileSystem.files.get(LOG)?.length);
  });

  it("tells what a checkpoint holds", async () => {
    const { fileSystem } = await createStore({ compacted: true });
    const frames = await inspect(fileSystem);
    expect(frames.flatMap((frame): unknown[] => ("parts" in frame ? [...frame.parts] : [frame]))).toEqual([
      { type: "createCollection", name: "docs", ...SHAPE },
      { type: "upsert", collection: "docs", ids: ["a", "b"] },
      { type: "entries", keys: ["l"] },
      { type: "secrets", names: ["s"] },
      { type: "revision", revision: 3 },
      { type: "end" },
    ]);
  });

  it.each([false, true])("shows no text, metadata, value or secret, compacted: %s", async (compacted) => {
    const shown = JSON.stringify(await inspect((await createStore({ compacted })).fileSystem));
    for (const word of WORDS) expect(shown).not.toContain(word);
  });

  it("goes on behind a damaged frame", async () => {
    const { fileSystem } = await createStore();
    const before = await inspect(fileSystem);
    const hit = before[2] as InspectedFrame;
    for (const at of [hit.start, hit.start + 9, hit.start + 26, hit.end - 1]) {
      const damaged = fileSystem.clone();
      flip(damaged, LOG, at);
      const after = await inspect(damaged);
      expect(after).toHaveLength(before.length);
      expect(after[2]).toMatchObject({ file: LOG, start: hit.start, end: hit.end });
      expect(after[2]).toHaveProperty("damage");
      expect(after.toSpliced(2, 1)).toEqual(before.toSpliced(2, 1));
    }
  });
});

describe(verifyFsStorage.name, () => {
  it.each([false, true])("finds nothing in a whole store, compacted: %s", async (compacted) => {
    const { fileSystem } = await createStore({ compacted });
    const report = await verifyFsStorage(STORE, { fileSystem });
    expect(report).toEqual({
      ok: true,
      frames: 8,
      blobs: 2,
      damage: [],
      tornTail: undefined,
    });
  });

  it.each([false, true])(
    "finds a flip in any byte of checkpoint, log and blobs, compacted: %s",
    { timeout: 60_000 },
    async (compacted) => {
      const { fileSystem } = await createStore({ compacted });
      for (const path of fileSystem.files.keys()) {
        if (!/\/(log|blobs|checkpoint)/.test(path)) continue;
        for (let at = 0; at < (fileSystem.files.get(path)?.length ?? 0); at++) {
          const damaged = fileSystem.clone();
          flip(damaged, path, at);
          const { ok, damage, tornTail } = await verifyFsStorage(STORE, { fileSystem: damaged });
          expect([ok, tornTail]).toEqual([false, undefined]);
          expect(damage.some(({ file, start, end }) => file === path && start <= at && at < end)).toBe(true);
        }
      }
    },
  );

  it("finds a sealed segment that does not come to its digest, though every checksum fits", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ segmentBytes: 1 });
    for (const key of ["a", "b"]) await storage.state.commit([{ key, value: 1 }]);
    await storage.close();
    const { files } = machine.fileSystem;
    const next = Buffer.from(files.get(`${STORE}/log/0000000003.log`) ?? []);
    next.writeUInt8(next.readUInt8(56) ^ 1, 56);
    next.writeUInt32LE(checksum(next.subarray(0, 92)), 92);
    files.set(`${STORE}/log/0000000003.log`, next);
    const { damage } = await verifyFsStorage(STORE, machine);
    expect(damage).toContainEqual(
      expect.objectContaining({
        file: `${STORE}/log/0000000002.log`,
        start: 0,
        reason: "the bytes do not match their SHA-256",
      }),
    );
  });

  it("takes a write that was torn and never acknowledged for no damage", async () => {
    const { fileSystem } = await createStore();
    const bytes = fileSystem.files.get(LOG) as Uint8Array;
    fileSystem.files.set(LOG, Uint8Array.from([...bytes, 1, 2, 3]));
    expect(await verifyFsStorage(STORE, { fileSystem })).toMatchObject({
      ok: true,
      tornTail: { file: LOG, start: bytes.length, end: bytes.length + 3 },
    });
  });

  it("finds a file that is missing", async () => {
    const { fileSystem } = await createStore({ compacted: true });
    for (const path of fileSystem.files.keys().filter((each) => /log\/|acknowledged/.test(each))) {
      const damaged = fileSystem.clone();
      damaged.files.delete(path);
      const { damage } = await verifyFsStorage(STORE, { fileSystem: damaged });
      expect(damage).toMatchObject([{ file: path }]);
    }
  });
});

describe(salvageFsStorage.name, () => {
  it.each([false, true])("copies a whole store, compacted: %s", async (compacted) => {
    const { fileSystem } = await createStore({ compacted });
    const report = await salvageFsStorage(STORE, "/new/place", { fileSystem });
    expect(report).toEqual({
      ...{ records: 2, entries: 1, secrets: 1, blobs: 2 },
      damage: [],
      missingCollections: [],
    });
    const copy = await openAt(fileSystem, "/new/place");
    expect(await content(copy)).toEqual(WHOLE);
    await copy.state.commit([{ key: "new", value: 1 }]);
    expect((await verifyFsStorage("/new/place", { fileSystem })).ok).toBe(true);
  });

  it("saves all but what stood in the damaged frame, and changes nothing in the old place", async () => {
    const { fileSystem } = await createStore();
    const frames = await inspect(fileSystem);
    const lost = [
      { ids: [], keys: ["l"], secret: "hunter2" },
      { ids: ["b"] },
      { ids: ["a"] },
      {},
      // The news that it was deleted.
      { ids: ["a", "b", "c"] },
      {},
      { keys: ["k"] },
      { secret: undefined },
    ];
    for (const [i, frame] of frames.entries()) {
      const damaged = fileSystem.clone();
      flip(damaged, LOG, frame.start + 30);
      const before = damaged.clone();
      const report = await salvageFsStorage(STORE, "/new", { fileSystem: damaged });
      expect(report.damage).toMatchObject([{ file: LOG, start: frame.start, end: frame.end }]);
      expect(report.missingCollections).toEqual(i === 0 ? ["docs"] : []);
      for (const path of before.files.keys()) expect(damaged.files.get(path)).toEqual(before.files.get(path));
      expect(await content(await openAt(damaged, "/new"))).toEqual({ ...WHOLE, ...lost[i] });
    }
  });

  it("makes a collection that is named where its making was lost", async () => {
    const { fileSystem } = await createStore();
    flip(fileSystem, LOG, 96 + 30);
    const collections = [{ name: "docs", ...SHAPE }];
    const report = await salvageFsStorage(STORE, "/new", { fileSystem, collections });
    expect(report).toMatchObject({ records: 2, missingCollections: [] });
    expect(await content(await openAt(fileSystem, "/new"))).toEqual(WHOLE);
  });

  it("saves what it can wherever a byte is flipped", { timeout: 60_000 }, async () => {
    for (const compacted of [false, true]) {
      const { fileSystem } = await createStore({ compacted });
      for (const path of fileSystem.files.keys()) {
        if (!/\/(log|checkpoint|acknowledged)/.test(path)) continue;
        for (let at = 0; at < (fileSystem.files.get(path)?.length ?? 0); at += 7) {
          const damaged = fileSystem.clone();
          flip(damaged, path, at);
          await salvageFsStorage(STORE, "/new", { fileSystem: damaged });
          expect(await content(await openAt(damaged, "/new"))).toMatchObject({ blobs: WHOLE.blobs });
        }
      }
    }
  });

  it("saves the blobs that are whole, and names the others", async () => {
    const { fileSystem } = await createStore();
    const path = fileSystem.files.keys().find((each) => each.startsWith(`${STORE}/blobs/`)) as string;
    flip(fileSystem, path, (fileSystem.files.get(path)?.length ?? 0) - 1);
    const report = await salvageFsStorage(STORE, "/new", { fileSystem });
    expect(report).toMatchObject({ blobs: 1, damage: [{ file: path }] });
  });

  it.each([
    ["ARGUMENT_INVALID", { name: "docs", dimension: 1.5, metric: "cosine" }],
    ["CAPABILITY_UNSUPPORTED", { name: "docs", dimension: 2, metric: "manhattan" }],
    ["KEY_INVALID", { name: "", dimension: 2, metric: "cosine" }],
  ])("refuses with %s to make %j", async (code, collection) => {
    const { fileSystem } = await createStore();
    const salvaged = salvageFsStorage(STORE, "/new", { fileSystem, collections: [collection as never] });
    await expect(salvaged).rejects.toMatchObject({ code });
    expect([...fileSystem.files.keys()].some((path) => path.startsWith("/new"))).toBe(false);
  });

  it("goes to no place that is none", async () => {
    const { fileSystem } = await createStore();
    const refused = { code: "ARGUMENT_INVALID", details: { argument: "to" } };
    await expect(salvageFsStorage(STORE, undefined as never, { fileSystem })).rejects.toMatchObject(refused);
    const nowhere = { code: "ARGUMENT_INVALID", details: { argument: "directory" } };
    await expect(verifyFsStorage("", { fileSystem })).rejects.toMatchObject(nowhere);
    await expect(inspectFsStorage(7 as never, { fileSystem }).next()).rejects.toMatchObject(nowhere);
  });

  it("writes into no directory that holds anything", async () => {
    const { fileSystem } = await createStore();
    await expect(salvageFsStorage(STORE, STORE, { fileSystem })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      details: { argument: "to" },
    });
  });
});

describe(runCli.name, () => {
  const run = async (
    args: string[],
    fileSystem: SimulatedFileSystem,
  ): Promise<{ code: number; lines: unknown[]; complaints: string[] }> => {
    const lines: unknown[] = [];
    const complaints: string[] = [];
    const code = await runCli(args, {
      fileSystem,
      print: (line) => lines.push(JSON.parse(line)),
      complain: (line) => complaints.push(line),
    });
    return { code, lines, complaints };
  };

  it("prints one line of JSON a frame, and ends with 1 where one is damaged", async () => {
    const { fileSystem } = await createStore();
    expect(await run(["inspect", STORE], fileSystem)).toEqual({
      code: 0,
      lines: await inspect(fileSystem),
      complaints: [],
    });
    flip(fileSystem, LOG, 130);
    expect((await run(["inspect", STORE], fileSystem)).code).toBe(1);
    const { code, lines } = await run(["verify", STORE], fileSystem);
    expect([code, lines]).toEqual([1, [expect.objectContaining({ ok: false })]]);
  });

  it("salvages, with collections to make", async () => {
    const { fileSystem } = await createStore();
    expect(await run(["salvage", STORE, "/new"], fileSystem)).toMatchObject({ code: 0 });
    flip(fileSystem, LOG, 96 + 30);
    const args = ["salvage", STORE, "/newer", "--collection", "docs:2:dot", "--collection", "a:b:3:cosine"];
    expect(await run(args, fileSystem)).toMatchObject({ code: 1, lines: [{ records: 2 }] });
  });

  it("tells how it is used, and what went wrong, and ends with 2", async () => {
    const { fileSystem } = await createStore();
    for (const args of [[], ["inspect"], ["melt", STORE], ["salvage", STORE, "/x", "--collection", "docs"]]) {
      const { code, lines, complaints } = await run(args, fileSystem);
      expect([code, lines, complaints[0]?.slice(0, 17)]).toEqual([2, [], "usage: keelson-fs"]);
    }
    const { code, complaints } = await run(["salvage", STORE, STORE], fileSystem);
    expect([code, complaints]).toEqual([2, ["ARGUMENT_INVALID: to is not empty"]]);
    for (const command of ["verify", "inspect"]) {
      const refused = await run([command, "/nowhere"], fileSystem);
      expect(refused).toMatchObject({ code: 2, lines: [] });
      expect(refused.complaints).toEqual([
        expect.stringMatching(/^STORE_FAILED: could not \w+ \/nowhere: ENOENT/),
      ]);
    }
  });
});
