import {
  inspectFsStorage,
  openFsStorage,
  type StoreDamage,
  salvageFsStorage,
  verifyFsStorage,
} from "@keelson/adapters-fs";
import type { Storage } from "@keelson/core";
import {
  type FileSystemOperation,
  type SimulatedFileSystem,
  systemError,
} from "@keelson/testkit/file-system";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

const SHAPE = { dimension: 2, metric: "dot" } as const;
const CHECKPOINT = `${STORE}/checkpoint`;
const HEADER_BYTES = 28;
const COLLECTIONS = ["one", "three", "two"];
const READ_ONLY = { readOnly: true } as const;
/** How many files an owner has open once all texts are there: a segment, the acknowledgement, the lock. */
const OWNED_FILES = 3;

/** A store whose checkpoint holds the texts of each collection in a frame of its own, and that nobody has open. */
async function createStore(): Promise<TestMachine> {
  const machine = createTestMachine();
  const storage = await machine.open({ compactAt: 1 });
  for (const name of COLLECTIONS) {
    const docs = await storage.vectors.open(name, SHAPE);
    await docs.upsert(
      ["a", "b", "c"].map((id, n) => ({ id, vector: Float32Array.of(n, 1), text: `${name} ${id}` })),
    );
  }
  await storage.state.commit([{ key: "k", value: 1 }]);
  await storage.reclaim?.();
  await storage.close();
  return machine;
}

/** Where the texts stand in the checkpoint, by their collection. */
async function textFrames(fileSystem: SimulatedFileSystem): Promise<Map<string, StoreDamage>> {
  const frames = new Map<string, StoreDamage>();
  for await (const frame of inspectFsStorage(STORE, { fileSystem })) {
    if (!("parts" in frame) || frame.file !== CHECKPOINT) continue;
    for (const part of frame.parts)
      if (part.type === "upsert") frames.set(part.collection, { ...frame, reason: "" });
  }
  expect([...frames.keys()]).toEqual(COLLECTIONS);
  return frames;
}

/** Keeps texts from coming in the background until it is opened. */
interface Gate {
  /** What was asked of the checkpoint. */
  readonly asked: FileSystemOperation[];
  /** Is it about texts? */
  isText(operation: FileSystemOperation): boolean;
  open(): void;
  /** Resolves once the checkpoint is closed. */
  readonly closed: Promise<void>;
}

/**
 * @param fault Is asked when texts are read, once the gate is open or at once.
 * @param like Another machine with the same store, should this one's be damaged.
 */
async function createGate(
  { fileSystem }: TestMachine,
  fault?: (operation: FileSystemOperation) => void,
  like: SimulatedFileSystem = fileSystem,
): Promise<Gate> {
  const starts = [...(await textFrames(like)).values()].map(({ start }) => start + HEADER_BYTES);
  const isText = ({ position = -1 }: FileSystemOperation): boolean => starts.includes(position);
  const asked: FileSystemOperation[] = [];
  const gate = createSignal();
  const closed = createSignal();
  fileSystem.fault = (operation) => {
    if (operation.path !== CHECKPOINT) return undefined;
    asked.push(operation);
    if (operation.name === "close" && asked.some(isText)) closed.give();
    if (!isText(operation)) return undefined;
    const act = (): undefined => void fault?.(operation);
    return operation.name === "read" ? gate.given.then(act) : act();
  };
  return { asked, isText, open: gate.give, closed: closed.given };
}

function createSignal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

async function textOf(storage: Storage, collection: string, id: string): Promise<string | undefined> {
  const docs = await storage.vectors.open(collection, SHAPE);
  return (await docs.get([id]))[0]?.text;
}

async function readTexts(storage: Storage): Promise<(string | undefined)[]> {
  const texts = [];
  for (const name of COLLECTIONS) {
    const docs = await storage.vectors.open(name, SHAPE);
    for (const { text } of (await docs.scan?.()) ?? []) texts.push(text);
  }
  return texts;
}

const TEXTS = COLLECTIONS.flatMap((name) => ["a", "b", "c"].map((id) => `${name} ${id}`));

function flip(machine: TestMachine, at: number): void {
  const bytes = machine.fileSystem.files.get(CHECKPOINT) as Uint8Array;
  bytes[at] = (bytes[at] as number) ^ 1;
  machine.fileSystem.files.set(CHECKPOINT, bytes);
}

describe(`${openFsStorage.name}, while the texts of the checkpoint follow`, () => {
  it.each([{}, READ_ONLY])("reads at once the one frame of a text that is asked for: %o", async (options) => {
    const machine = await createStore();
    const frame = (await textFrames(machine.fileSystem)).get("two") as StoreDamage;
    const gate = await createGate(machine);
    const storage = await machine.open(options);
    // Those of the first collection are on their way.
    gate.asked.length = 0;
    const docs = await storage.vectors.open("two", SHAPE);
    expect(await docs.get(["b", "a"])).toEqual([
      { id: "b", vector: Float32Array.of(1, 1), text: "two b" },
      { id: "a", vector: Float32Array.of(0, 1), text: "two a" },
    ]);
    const [nearest] = await docs.query(Float32Array.of(1, 0), { topK: 1 });
    expect(nearest).toEqual({ id: "c", score: 2, text: "two c" });
    const once = { name: "readSync", path: CHECKPOINT, position: frame.start + HEADER_BYTES };
    expect(gate.asked).toEqual([once]);

    gate.open();
    await gate.closed;
    expect(gate.asked.map(({ name }) => name)).toEqual(["readSync", "read", "close"]);
    machine.fileSystem.files.set(CHECKPOINT, new Uint8Array());
    expect(await readTexts(storage)).toEqual(TEXTS);
    expect(gate.asked).toHaveLength(3);
    await storage.close();
  });

  it("replaces and deletes records whose texts have not come, by the log and by calls", async () => {
    const machine = await createStore();
    const first = await machine.open({ compactAt: 1 });
    const before = await first.vectors.open("one", SHAPE);
    await before.upsert([{ id: "a", vector: Float32Array.of(9, 9), text: "by the log" }]);
    await before.delete(["b"]);
    machine.kill();
    const gate = await createGate(machine);
    const storage = await machine.open({ compactAt: 1 });
    const docs = await storage.vectors.open("two", SHAPE);
    await docs.upsert([{ id: "a", vector: Float32Array.of(9, 9), text: "by a call" }]);
    await docs.delete(["b"]);
    const wanted = ["by the log", "one c", "three a", "three b", "three c", "by a call", "two c"];
    expect([await textOf(storage, "one", "a"), await textOf(storage, "two", "a")]).toEqual([
      "by the log",
      "by a call",
    ]);
    expect(gate.asked.filter(({ name }) => name === "readSync")).toEqual([]);
    expect(await readTexts(storage)).toEqual(wanted);
    gate.open();
    await gate.closed;
    expect(await readTexts(storage)).toEqual(wanted);
  });

  it("tells damage to whoever asks for one of the texts, and then to whoever writes; all else can be read", async () => {
    const original = await createStore();
    const { start, end } = (await textFrames(original.fileSystem)).get("three") as StoreDamage;
    for (let at = start + HEADER_BYTES; at < end; at++) {
      const machine = createTestMachine(original.fileSystem.clone());
      flip(machine, at);
      const damaged = machine.fileSystem.files.get(CHECKPOINT);
      const corrupt = { code: "STORE_CORRUPT", details: { file: CHECKPOINT, start, end } };
      const gate = await createGate(machine, undefined, original.fileSystem);
      const storage = await machine.open({ compactAt: 1 });
      await expect(textOf(storage, "three", "b")).rejects.toMatchObject(corrupt);
      await storage.state.commit([{ key: "before", value: 1 }]);

      gate.open();
      await gate.closed;
      await expect(textOf(storage, "three", "b")).rejects.toMatchObject(corrupt);
      const docs = await storage.vectors.open("three", SHAPE);
      await expect(docs.scan?.()).rejects.toMatchObject(corrupt);
      await expect(docs.query(Float32Array.of(1, 1), { topK: 1 })).rejects.toMatchObject(corrupt);
      await expect(storage.state.commit([{ key: "k", value: 2 }])).rejects.toMatchObject(corrupt);
      await expect(storage.reclaim?.()).rejects.toMatchObject(corrupt);
      expect([await textOf(storage, "one", "a"), await textOf(storage, "two", "c")]).toEqual([
        "one a",
        "two c",
      ]);
      expect((await storage.state.scan()).map(({ key }) => key)).toEqual(["before", "k"]);
      await storage.close();
      expect(machine.fileSystem.openFiles).toBe(0);
      expect(machine.fileSystem.files.get(CHECKPOINT)).toEqual(damaged);
    }
  });

  it("leaves texts that cannot be read to the tools, which read everything", async () => {
    const machine = await createStore();
    const { start, end } = (await textFrames(machine.fileSystem)).get("three") as StoreDamage;
    flip(machine, end - 1);
    const damage = [{ file: CHECKPOINT, start, end }];
    const { damage: verified } = await verifyFsStorage(STORE, machine);
    expect(verified).toMatchObject([...damage, { file: CHECKPOINT, start: 0 }]);
    expect(await salvageFsStorage(STORE, "/new", machine)).toMatchObject({ records: 6, damage });
    expect(machine.fileSystem.openFiles).toBe(0);
  });

  it("tells at opening of a checkpoint that is cut off or too long, wherever", {
    timeout: 60_000,
  }, async () => {
    const original = await createStore();
    const whole = original.fileSystem.files.get(CHECKPOINT) as Uint8Array;
    const lengths = Array.from(whole, (_, at) => whole.slice(0, at));
    for (const bytes of [...lengths, Uint8Array.of(...whole, 0), Uint8Array.of(...whole, ...whole)]) {
      const machine = createTestMachine(original.fileSystem.clone());
      machine.fileSystem.files.set(CHECKPOINT, bytes);
      for (const options of [{}, READ_ONLY])
        await expect(machine.open(options)).rejects.toMatchObject({
          code: "STORE_CORRUPT",
          details: { file: CHECKPOINT },
        });
      expect(machine.fileSystem.openFiles).toBe(0);
    }
  });

  it("gives no text that was cut off after opening", async () => {
    const machine = await createStore();
    const { start } = (await textFrames(machine.fileSystem)).get("two") as StoreDamage;
    const gate = await createGate(machine);
    const storage = await machine.open();
    const whole = machine.fileSystem.files.get(CHECKPOINT) as Uint8Array;
    machine.fileSystem.files.set(CHECKPOINT, whole.slice(0, start + HEADER_BYTES + 3));
    await expect(textOf(storage, "two", "a")).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { start },
    });
    gate.open();
    await gate.closed;
    await expect(textOf(storage, "two", "a")).rejects.toMatchObject({
      code: "STORE_CORRUPT",
      details: { start },
    });
    expect(await textOf(storage, "one", "a")).toBe("one a");
  });

  it("takes an error of the medium in the background for a failed write, and recovers on reopening", async () => {
    const machine = await createStore();
    const frame = (await textFrames(machine.fileSystem)).get("one") as StoreDamage;
    const cause = systemError("EIO");
    const gate = await createGate(machine, ({ name, position }) => {
      if (name === "read" && position === frame.start + HEADER_BYTES) throw cause;
    });
    gate.open();
    const storage = await machine.open({ compactAt: 1 });
    await gate.closed;
    const failed = { code: "STORE_FAILED", cause };
    await expect(textOf(storage, "one", "a")).rejects.toMatchObject(failed);
    await expect(storage.state.commit([{ key: "k", value: 2 }])).rejects.toMatchObject(failed);
    await expect(storage.blobs.put("b", Uint8Array.of(1))).rejects.toMatchObject(failed);
    await expect(storage.reclaim?.()).rejects.toMatchObject(failed);
    expect(await textOf(storage, "two", "a")).toBe("two a");
    await storage.close();
    expect(machine.fileSystem.openFiles).toBe(0);

    machine.fileSystem.fault = undefined;
    const again = await machine.open();
    expect(await readTexts(again)).toEqual(TEXTS);
    await again.state.commit([{ key: "k", value: 2 }]);
  });

  it("asks the medium again after an error that only a call in a hurry met", async () => {
    const machine = await createStore();
    const gate = await createGate(machine, ({ name }) => {
      if (name === "readSync") throw systemError("EIO");
    });
    const storage = await machine.open();
    await expect(textOf(storage, "one", "a")).rejects.toMatchObject({ code: "STORE_FAILED" });
    gate.open();
    await gate.closed;
    expect(await readTexts(storage)).toEqual(TEXTS);
    await storage.state.commit([{ key: "k", value: 2 }]);
  });

  it.each([{}, READ_ONLY])(
    "closes the checkpoint with the store, however little has come: %o",
    async (options) => {
      const machine = await createStore();
      for (const openFirst of [false, true]) {
        const gate = await createGate(machine);
        const storage = await machine.open(options);
        if (openFirst) gate.open();
        const closing = storage.close();
        gate.open();
        await closing;
        expect(machine.fileSystem.openFiles).toBe(0);
        // What was on its way, and no more.
        expect(gate.asked.filter(gate.isText)).toHaveLength(1);
        machine.fileSystem.fault = undefined;
      }
      expect(await readTexts(await machine.open())).toEqual(TEXTS);
    },
  );

  it("leaves no file open and loses no text, whichever operation of opening and closing fails", {
    timeout: 60_000,
  }, async () => {
    const original = await createStore();
    for (const options of [{}, READ_ONLY]) {
      let total = Number.POSITIVE_INFINITY;
      for (let n = 0; n < total; n++) {
        const machine = createTestMachine(original.fileSystem.clone());
        let count = 0;
        machine.fileSystem.fault = () => {
          if (count++ === n) throw systemError("EIO");
          return undefined;
        };
        try {
          await (await machine.open(options)).close();
          if (count <= n) total = count;
        } catch (error) {
          expect(error).toMatchObject({ code: "STORE_FAILED" });
        }
        expect(machine.fileSystem.openFiles).toBe(0);
        machine.fileSystem.fault = undefined;
        machine.kill();
        expect(await readTexts(await machine.open())).toEqual(TEXTS);
      }
      expect(total).toBeGreaterThan(20);
    }
  });

  it("waits for all texts before it compacts, and has let the old checkpoint go then", async () => {
    const machine = await createStore();
    const gate = await createGate(machine);
    const storage = await machine.open({ compactAt: 1 });
    await (await storage.vectors.open("one", SHAPE)).delete(["b"]);
    const steps = (): string[] => gate.asked.map(({ name }) => name);
    const reclaimed = storage.reclaim?.();
    for (let n = 0; n < 9; n++) await storage.state.commit([{ key: "k", value: n }]);
    expect(steps()).not.toContain("rename");
    gate.open();
    await reclaimed;
    const rename = steps().indexOf("rename");
    expect(steps().slice(rename - 3, rename)).toEqual(["read", "read", "close"]);
    expect(machine.fileSystem.openFiles).toBe(OWNED_FILES);
    const left = TEXTS.filter((text) => text !== "one b");
    expect(await readTexts(storage)).toEqual(left);
    expect(Buffer.from(machine.fileSystem.files.get(CHECKPOINT) ?? []).includes("one b")).toBe(false);
    await storage.close();
    machine.fileSystem.fault = undefined;
    expect(await readTexts(await machine.open())).toEqual(left);
  });

  it("compacts on closing with all texts, though none had come", async () => {
    const machine = await createStore();
    const gate = await createGate(machine);
    const storage = await machine.open({ compactFromBytes: 1 });
    for (let n = 0; n < 5; n++) await storage.state.commit([{ key: "k", value: "v".repeat(1000) }]);
    const before = machine.fileSystem.files.get(CHECKPOINT);
    const closing = storage.close();
    gate.open();
    await closing;
    expect(machine.fileSystem.files.get(CHECKPOINT)).not.toEqual(before);
    expect(machine.fileSystem.openFiles).toBe(0);
    machine.fileSystem.fault = undefined;
    expect(await readTexts(await machine.open())).toEqual(TEXTS);
  });

  it("goes on reading the checkpoint that it began with, though the writer beside it put another in its place", async () => {
    const machine = await createStore();
    const writer = await machine.open({ compactAt: 1 });
    await (await writer.vectors.open("one", SHAPE)).delete(["b"]);
    const gate = await createGate(machine);
    const reader = await machine.open(READ_ONLY);
    machine.fileSystem.fault = undefined;
    await writer.vectors.drop("two");
    await writer.reclaim?.();
    const left = TEXTS.filter((text) => text !== "one b");
    expect(await textOf(reader, "two", "a")).toBe("two a");
    gate.open();
    expect(await readTexts(reader)).toEqual(left);
    await reader.close();
    expect(machine.fileSystem.openFiles).toBe(OWNED_FILES);
    const later = await machine.open(READ_ONLY);
    expect((await later.vectors.list()).map(({ name }) => name)).toEqual(["one", "three"]);
  });
});
