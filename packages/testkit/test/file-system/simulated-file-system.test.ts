import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSimulatedFileSystem, type SimulatedFileSystem, systemError } from "../../src/file-system.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (content: Uint8Array | undefined): string | undefined =>
  content && Buffer.from(content).toString();

/** Makes a file whose name is on the medium, with synced content. */
async function createSynced(fileSystem: SimulatedFileSystem, path: string, content = ""): Promise<void> {
  const file = await fileSystem.open(path, "create");
  await file.write(bytes(content), 0);
  await file.sync();
  await file.close();
  await fileSystem.syncDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
}

/** The contents that a file may have after a power cut, those of a missing one as `undefined`, in order. */
function contentsOf(fileSystem: SimulatedFileSystem, path: string): (string | undefined)[] {
  return [
    ...new Set(fileSystem.crashStates({ limit: 1000 }).map(({ files }) => text(files.get(path)))),
  ].sort();
}

describe("createSimulatedFileSystem, seen by processes", () => {
  it("reads what was written, before anything is synced", async () => {
    const fileSystem = createSimulatedFileSystem();
    await fileSystem.createDirectory("/a/b");
    const file = await fileSystem.open("/a/b/f", "create");
    expect(await file.write(bytes("hello"), 0)).toBe(5);
    await file.write(bytes("J"), 0);
    await file.write(bytes("!"), 7);
    expect(text(await file.read(100, 0))).toBe("Jello\0\0!");
    expect(text(await file.read(2, 1))).toBe("el");
    expect([text(file.readSync(100, 0)), text(file.readSync(2, 1))]).toEqual(["Jello\0\0!", "el"]);
    await file.truncate(3);
    expect([await file.size(), await file.mode()]).toEqual([3, 0o600]);
    expect(await fileSystem.list("/a")).toEqual(["b"]);
    expect(await fileSystem.list("/a/b")).toEqual(["f"]);
    expect(fileSystem.openFiles).toBe(1);
    await file.close();
    expect(fileSystem.openFiles).toBe(0);
  });

  it("refuses what the operating system refuses, with its codes", async () => {
    const fileSystem = createSimulatedFileSystem();
    await fileSystem.createDirectory("/d");
    fileSystem.files.set("/d/f", bytes("x"));
    const refused: [() => Promise<unknown>, string][] = [
      [() => fileSystem.open("/d/none", "read"), "ENOENT"],
      [() => fileSystem.open("/none/f", "create"), "ENOENT"],
      [() => fileSystem.open("/d/f/g", "create"), "ENOTDIR"],
      [() => fileSystem.open("/d/f", "create"), "EEXIST"],
      [() => fileSystem.open("/d", "write"), "EISDIR"],
      [() => fileSystem.list("/none"), "ENOENT"],
      [() => fileSystem.list("/d/f"), "ENOTDIR"],
      [() => fileSystem.rename("/d/none", "/d/g"), "ENOENT"],
      [() => fileSystem.rename("/d/f", "/none/g"), "ENOENT"],
      [() => fileSystem.link("/d/f", "/d/f"), "EEXIST"],
      [() => fileSystem.remove("/d/none"), "ENOENT"],
      [() => fileSystem.syncDirectory("/none"), "ENOENT"],
    ];
    for (const [call, code] of refused) await expect(call()).rejects.toMatchObject({ code });
    const closed = await fileSystem.open("/d/f", "write");
    await closed.close();
    for (const call of [
      async () => closed.read(1, 0),
      async () => closed.readSync(1, 0),
      async () => closed.write(bytes("y"), 0),
      async () => closed.truncate(0),
      async () => closed.size(),
      async () => closed.mode(),
      async () => closed.sync(),
      async () => closed.close(),
    ])
      await expect(call()).rejects.toMatchObject({ code: "EBADF" });
    expect(fileSystem.openFiles).toBe(0);
    expect(fileSystem.files.keys()).toEqual(["/d/f"]);
  });

  it("keeps a file under all of its names, until the last is gone", async () => {
    const fileSystem = createSimulatedFileSystem();
    await createSynced(fileSystem, "/a", "1");
    await fileSystem.link("/a", "/b");
    await fileSystem.rename("/a", "/c");
    const file = await fileSystem.open("/c", "write");
    await file.write(bytes("2"), 0);
    expect([text(fileSystem.files.get("/b")), fileSystem.files.has("/a")]).toEqual(["2", false]);
    await fileSystem.remove("/b");
    expect(fileSystem.files.keys()).toEqual(["/c"]);
    for (const state of fileSystem.clone().crashStates())
      expect([state.files.keys(), text(state.files.get("/c"))]).toEqual([["/c"], "2"]);
  });

  it("fails, shortens or holds an operation as it is told", async () => {
    const fileSystem = createSimulatedFileSystem();
    const file = await fileSystem.open("/f", "create");
    const steps: string[] = [];
    fileSystem.fault = async ({ name, path, bytes: written }) => {
      steps.push(`${name} ${path} ${written?.length ?? ""}`);
      await Promise.resolve();
      if (name === "sync") throw systemError("EIO");
      return name === "write" ? 2 : undefined;
    };
    expect(await file.write(bytes("hello"), 0)).toBe(2);
    await expect(file.sync()).rejects.toMatchObject({ code: "EIO" });
    expect(steps).toEqual(["write /f 5", "sync /f "]);
    expect(text(fileSystem.files.get("/f"))).toBe("he");
  });

  it("fails what reads at once, and tells where it reads, but does not let it wait", async () => {
    const fileSystem = createSimulatedFileSystem();
    fileSystem.files.set("/f", bytes("hello"));
    const file = await fileSystem.open("/f", "read");
    fileSystem.fault = ({ name, position }) => {
      if (name === "readSync" && position === 1) throw systemError("EIO");
      return undefined;
    };
    expect(() => file.readSync(2, 1)).toThrow(expect.objectContaining({ code: "EIO" }));
    expect(text(file.readSync(2, 2))).toBe("ll");
    fileSystem.fault = async () => undefined;
    expect(() => file.readSync(2, 2)).toThrow("is to answer at once");
  });

  it("is full where it is full, and takes the bytes that fit", async () => {
    const fileSystem = createSimulatedFileSystem({ capacityBytes: 10 });
    fileSystem.files.set("/old", bytes("1234567"));
    const file = await fileSystem.open("/f", "create");
    expect(await file.write(bytes("abcde"), 0)).toBe(3);
    await expect(file.write(bytes("d"), 3)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await file.write(bytes("ABC"), 0)).toBe(3);
    await fileSystem.remove("/old");
    expect(await file.write(bytes("de"), 3)).toBe(2);
    expect(text(fileSystem.files.get("/f"))).toBe("ABCde");
  });
});

describe("createSimulatedFileSystem, after a power cut", () => {
  it("loses writes that were not synced, in any order", async () => {
    const fileSystem = createSimulatedFileSystem({ sectorBytes: 1 });
    await createSynced(fileSystem, "/f", "...");
    const file = await fileSystem.open("/f", "write");
    for (const [at, letter] of ["a", "b", "c"].entries()) await file.write(bytes(letter), at);
    expect(contentsOf(fileSystem, "/f")).toEqual(["...", "..c", ".b.", ".bc", "a..", "a.c", "ab.", "abc"]);
    await file.sync();
    expect(contentsOf(fileSystem, "/f")).toEqual(["abc"]);
  });

  it("has what was written, whatever the writer does with its buffer then", async () => {
    const fileSystem = createSimulatedFileSystem();
    await createSynced(fileSystem, "/f");
    const file = await fileSystem.open("/f", "write");
    const buffer = Buffer.from("before");
    await file.write(buffer, 0);
    buffer.fill("x");
    expect(contentsOf(fileSystem, "/f")).not.toContain("xxxxxx");
    await file.sync();
    expect(contentsOf(fileSystem, "/f")).toEqual(["before"]);
  });

  it("tears a write between sectors only, and may lengthen a file without its content", async () => {
    const fileSystem = createSimulatedFileSystem({ sectorBytes: 4 });
    await createSynced(fileSystem, "/f", "12");
    const file = await fileSystem.open("/f", "write");
    await file.write(bytes("abcdefgh"), 2);
    expect(contentsOf(fileSystem, "/f")).toEqual(
      [
        "12",
        "12\0\0\0\0\0\0\0\0",
        "12ab",
        "12ab\0\0\0\0\0\0",
        "12\0\0cdefgh",
        "12abcdef",
        "12abcdef\0\0",
        "12\0\0\0\0\0\0gh",
        "12abcdefgh",
      ].sort(),
    );
  });

  it("may keep a truncation or not", async () => {
    const fileSystem = createSimulatedFileSystem();
    await createSynced(fileSystem, "/f", "long");
    const file = await fileSystem.open("/f", "write");
    await file.truncate(1);
    expect(contentsOf(fileSystem, "/f")).toEqual(["l", "long"]);
  });

  it("loses names whose directory was not synced, be they new, moved or removed", async () => {
    const fileSystem = createSimulatedFileSystem();
    const names = (): string[] =>
      fileSystem
        .crashStates()
        .map(({ files }) => files.keys().sort().join(" "))
        .sort();
    const file = await fileSystem.open("/a", "create");
    await file.sync();
    expect(names()).toEqual(["", "/a"]);
    await fileSystem.syncDirectory("/");
    expect(names()).toEqual(["/a"]);
    // Never none, though perhaps both.
    await fileSystem.rename("/a", "/b");
    expect(names()).toEqual(["/a", "/a /b", "/b"]);
    await fileSystem.syncDirectory("/");
    await fileSystem.remove("/b");
    expect(names()).toEqual(["", "/b"]);
  });

  it("moves a file from directory to directory without losing it", async () => {
    const fileSystem = createSimulatedFileSystem();
    await fileSystem.createDirectory("/from");
    await fileSystem.createDirectory("/to");
    await fileSystem.syncDirectory("/");
    await createSynced(fileSystem, "/from/f", "x");
    await fileSystem.rename("/from/f", "/to/f");
    const names = (): string[] => fileSystem.crashStates().map(({ files }) => files.keys().join(" "));
    expect(names().sort()).toEqual(["/from/f", "/from/f /to/f", "/to/f"]);
    const other = fileSystem.crashStates().length;
    expect(other).toBe(3);
    await fileSystem.syncDirectory("/from");
    expect(names()).toEqual(["/to/f"]);
  });

  it("loses all that lies below a directory whose own name was not synced", async () => {
    const fileSystem = createSimulatedFileSystem();
    await fileSystem.createDirectory("/new");
    await createSynced(fileSystem, "/new/f", "x");
    expect(contentsOf(fileSystem, "/new/f")).toEqual(["x", undefined]);
  });

  it("takes no later sync as a promise for what an earlier one failed to write", async () => {
    const fileSystem = createSimulatedFileSystem();
    await createSynced(fileSystem, "/f", "old");
    const file = await fileSystem.open("/f", "write");
    await file.write(bytes("new"), 0);
    fileSystem.fault = ({ name }) => {
      if (name === "sync") throw systemError("EIO");
      return undefined;
    };
    await expect(file.sync()).rejects.toThrow();
    fileSystem.fault = undefined;
    await file.sync();
    expect(contentsOf(fileSystem, "/f")).toEqual(["new", "old"]);
    await file.write(bytes("new"), 0);
    await file.sync();
    expect(contentsOf(fileSystem, "/f")).toEqual(["new"]);
  });

  it("gives as many states as asked for, the extremes among them, and the same for the same seed", async () => {
    const fileSystem = createSimulatedFileSystem({ sectorBytes: 1 });
    await createSynced(fileSystem, "/f");
    const file = await fileSystem.open("/f", "write");
    const letters = "abcdefghijklmnop";
    for (const [at, letter] of [...letters].entries()) await file.write(bytes(letter), at);
    const contents = (seed: number): (string | undefined)[] =>
      fileSystem.crashStates({ limit: 200, seed }).map(({ files }) => text(files.get("/f")));
    expect(new Set(contents(1)).size).toBe(200);
    expect(contents(1)).toEqual(expect.arrayContaining(["", letters, letters.slice(0, -1)]));
    expect(contents(1)).toEqual(contents(1));
    expect(contents(1)).not.toEqual(contents(2));
  });

  it("keeps whatever was synced, whatever else happens", async () => {
    const step = fc.record({
      kind: fc.constantFrom("write", "sync", "name", "rename", "remove"),
      file: fc.nat({ max: 2 }),
      fill: fc.nat({ max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
        const fileSystem = createSimulatedFileSystem({ sectorBytes: 8 });
        const promised = new Map<string, Uint8Array>();
        for (const [n, { kind, file, fill }] of steps.entries()) {
          const [live] = fileSystem.files.keys().filter((path) => path.startsWith(`/${file}-`));
          if (kind === "name" && live === undefined) {
            await (await fileSystem.open(`/${file}-${n}`, "create")).close();
          } else if (live !== undefined) {
            const handle = await fileSystem.open(live, "write");
            const synced = promised.get(live);
            promised.delete(live);
            if (kind === "write") await handle.write(new Uint8Array(20).fill(fill), n % 10);
            if (kind === "rename") await fileSystem.rename(live, `/${file}-${n}`);
            if (kind === "remove") await fileSystem.remove(live);
            if (kind === "sync") {
              await handle.sync();
              await fileSystem.syncDirectory("/");
              promised.set(live, fileSystem.files.get(live) as Uint8Array);
            } else if (kind === "name" && synced !== undefined) {
              promised.set(live, synced);
            }
          }
        }
        for (const { files } of fileSystem.crashStates({ limit: 50, seed }))
          for (const [path, content] of promised) expect(files.get(path)).toEqual(content);
      }),
      { numRuns: 200 },
    );
  });
});
