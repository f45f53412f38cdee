import { describe, expect, it } from "vitest";
import { createSimulatedFileSystem, type SimulatedFileSystem, systemError } from "../../src/file-system.ts";

/** A store of one text, whose `write` acknowledges by resolving. */
interface Store {
  prepare?(fileSystem: SimulatedFileSystem): Promise<void>;
  write(fileSystem: SimulatedFileSystem, value: string): Promise<void>;
  /** The text on the medium, `undefined` before the first. */
  read(fileSystem: SimulatedFileSystem): string | undefined;
}

const VALUES = ["one", "two", "three"].map((word) => word.repeat(400));
const toBytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** All that a power cut at any operation does to what a store acknowledged. */
async function violationsOf(store: Store, failSync = false): Promise<string[]> {
  const fileSystem = createSimulatedFileSystem();
  const violations = new Set<string>();
  let acknowledged = -1;
  const look = (): void => {
    for (const state of fileSystem.crashStates({ limit: 60 })) {
      const found = store.read(state);
      const at = found === undefined ? -1 : VALUES.indexOf(found);
      if (found !== undefined && at === -1) violations.add("torn");
      else if (at < acknowledged) violations.add("lost");
    }
  };
  let syncs = 0;
  await store.prepare?.(fileSystem);
  fileSystem.fault = ({ name }) => {
    look();
    if (failSync && name === "sync" && ++syncs === 2) throw systemError("EIO");
    return undefined;
  };
  for (const [n, value] of VALUES.entries()) {
    await store.write(fileSystem, value);
    acknowledged = n;
    look();
  }
  return [...violations].sort();
}

/** Writes beside and renames, as write-file-atomic does, with the steps that are asked for. */
function replacing(steps: { readonly content: boolean; readonly directory: boolean }): Store {
  return {
    write: async (fileSystem, value) => {
      const file = await fileSystem.open("/store.tmp", "create");
      await file.write(toBytes(value), 0);
      if (steps.content) await file.sync();
      await file.close();
      await fileSystem.rename("/store.tmp", "/store");
      if (steps.directory) await fileSystem.syncDirectory("/");
    },
    read: readWhole,
  };
}

function readWhole({ files }: SimulatedFileSystem): string | undefined {
  const content = files.get("/store");
  return content && Buffer.from(content).toString();
}

/** A log of lines, of which the last whole one counts. */
function logging(sync: (attempt: () => Promise<void>) => Promise<void>): Store {
  let end = 0;
  return {
    prepare: async (fileSystem) => {
      end = 0;
      await (await fileSystem.open("/log", "create")).close();
      await fileSystem.syncDirectory("/");
    },
    write: async (fileSystem, value) => {
      const file = await fileSystem.open("/log", "write");
      const line = toBytes(`${value}\n`);
      await file.write(line, end);
      end += line.length;
      await sync(() => file.sync());
      await file.close();
    },
    read: ({ files }) => {
      const lines = Buffer.from(files.get("/log") ?? new Uint8Array())
        .toString()
        .split("\n");
      return lines
        .slice(0, -1)
        .filter((line) => VALUES.includes(line))
        .at(-1);
    },
  };
}

describe("createSimulatedFileSystem", () => {
  it("finds nothing wrong with stores that sync as they should", async () => {
    expect(await violationsOf(replacing({ content: true, directory: true }))).toEqual([]);
    expect(await violationsOf(logging((sync) => sync()))).toEqual([]);
  });

  it("finds that a file is replaced without syncing the directory", async () => {
    expect(await violationsOf(replacing({ content: true, directory: false }))).toEqual(["lost"]);
  });

  it("finds that a file is replaced without syncing its content", async () => {
    expect(await violationsOf(replacing({ content: false, directory: true }))).toEqual(["torn"]);
  });

  it("finds that a log is not synced", async () => {
    expect(await violationsOf(logging(async () => {}))).toEqual(["lost"]);
  });

  it("finds that a sync that failed is tried again, as if the second one said anything", async () => {
    const again = logging((sync) => sync().catch(() => sync()));
    expect(await violationsOf(again)).toEqual([]);
    expect(await violationsOf(again, true)).toEqual(["lost"]);
  });

  it("finds that a file is written in place", async () => {
    const inPlace: Store = {
      prepare: async (fileSystem) => {
        await (await fileSystem.open("/store", "create")).close();
        await fileSystem.syncDirectory("/");
      },
      write: async (fileSystem, value) => {
        const file = await fileSystem.open("/store", "write");
        await file.truncate(0);
        await file.write(toBytes(value), 0);
        await file.sync();
      },
      read: (fileSystem) => readWhole(fileSystem) || undefined,
    };
    expect(await violationsOf(inPlace)).toEqual(["lost", "torn"]);
  });
});
