import { openFsStorage, verifyFsStorage } from "@keelson/adapters-fs";
import type { BlobStore } from "@keelson/core";
import { systemError } from "@keelson/testkit/file-system";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobPath } from "../src/blobs/blob-paths.ts";
import { checksum } from "../src/codec/checksum.ts";
import { createTestMachine, STORE } from "./subject.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function openBlobs(): Promise<BlobStore> {
  return (await createTestMachine().open()).blobs;
}

describe(`the blobs of ${openFsStorage.name}`, () => {
  it("keeps any key inside its folder, and apart from every other on a filesystem that ignores case", () => {
    const key = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 50 }),
      fc.constantFrom(
        "../a",
        "/etc/passwd",
        "..",
        ".",
        "a\0b",
        "CON",
        "nul.txt",
        "k".repeat(1024),
        "a/../../b",
      ),
    );
    fc.assert(
      fc.property(key, key, (one, other) => {
        const path = blobPath("/blobs", one).file;
        expect(path).toMatch(/^\/blobs\/[0-9a-f]{2}\/[0-9a-f]{62}$/);
        const same = path.toLowerCase() === blobPath("/blobs", other).file.toLowerCase();
        expect(same).toBe(one === other);
      }),
    );
    expect(blobPath("/blobs", "a").file).not.toBe(blobPath("/blobs", "A").file);
  });

  it("puts on the medium only files inside the folder, whatever the keys", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    const before = new Set(machine.fileSystem.files.keys());
    for (const key of ["../../outside", "/absolute", "a\0b", "é".repeat(1024)])
      await blobs.put(key, bytes(1));
    const added = machine.fileSystem.files.keys().filter((path) => !before.has(path));
    expect(added).toHaveLength(4);
    for (const path of added) expect(path.startsWith(`${STORE}/blobs/`)).toBe(true);
  });

  it.each([{}, { readOnly: true }])(
    "ends reads that are under way before it is closed: %o",
    async (options) => {
      const machine = createTestMachine();
      const writer = await machine.open();
      for (const key of ["a", "b", "c"]) await writer.blobs.put(key, bytes(1));
      await writer.close();
      const { blobs, close } = await machine.open(options);
      const reads = [blobs.get("a"), blobs.stat("b"), blobs.list("", { limit: 2 }), blobs.get("missing")].map(
        async (read) => await read,
      );
      await close();
      expect(machine.fileSystem.openFiles).toBe(0);
      expect(await Promise.all(reads)).toEqual([
        bytes(1),
        { key: "b", size: 1 },
        [
          { key: "a", size: 1 },
          { key: "b", size: 1 },
        ],
        undefined,
      ]);
    },
  );

  it("refuses a blob that is too large for a file, and goes on", async () => {
    const blobs = await openBlobs();
    const invalid = { code: "ARGUMENT_INVALID", details: { argument: "bytes" } };
    // Memory that is never touched.
    await expect(blobs.put("a", new Uint8Array(2 ** 31))).rejects.toMatchObject(invalid);
    await blobs.put("a", bytes(1));
    expect(await blobs.list("")).toEqual([{ key: "a", size: 1 }]);
  });

  it("lets exactly one of many puts with ifAbsent win", async () => {
    const blobs = await openBlobs();
    const puts = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => blobs.put("a", bytes(n), { ifAbsent: true })),
    );
    expect(puts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(puts.filter(({ status }) => status === "rejected")[0]).toMatchObject({
      reason: { code: "BLOB_EXISTS", details: { key: "a" } },
    });
    expect(await blobs.get("a")).toEqual(bytes(puts.findIndex(({ status }) => status === "fulfilled")));
  });

  it("does what is asked of one key in the order it was asked", async () => {
    const blobs = await openBlobs();
    await Promise.all([
      blobs.put("a", bytes(1)),
      blobs.delete("a"),
      blobs.put("a", bytes(2)),
      blobs.put("b", bytes(1)),
      blobs.delete("b"),
      blobs.list(""),
    ]);
    expect(await blobs.get("a")).toEqual(bytes(2));
    expect(await blobs.list("")).toEqual([{ key: "a", size: 1 }]);
  });

  it("copies the bytes before the call returns", async () => {
    const blobs = await openBlobs();
    const given = bytes(1, 2);
    const put = blobs.put("a", given);
    given.fill(9);
    await put;
    expect(await blobs.get("a")).toEqual(bytes(1, 2));
  });

  it("keeps an empty blob", async () => {
    const blobs = await openBlobs();
    await blobs.put("a", bytes());
    expect(await blobs.get("a")).toEqual(bytes());
    expect(await blobs.stat("a")).toEqual({ key: "a", size: 0 });
  });

  it("leaves the old content when a put is aborted before its turn", async () => {
    const blobs = await openBlobs();
    const controller = new AbortController();
    const first = blobs.put("a", bytes(1));
    const second = blobs.put("a", bytes(2), { signal: controller.signal });
    const deletion = blobs.delete("a", { signal: controller.signal });
    controller.abort("enough");
    await first;
    await expect(second).rejects.toBe("enough");
    await expect(deletion).rejects.toBe("enough");
    expect(await blobs.get("a")).toEqual(bytes(1));
  });

  it("syncs content before the name, and the name before it acknowledges", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    const steps: string[] = [];
    machine.fileSystem.fault = ({ name }) => {
      if (["sync", "rename", "syncDirectory"].includes(name)) steps.push(name);
      return undefined;
    };
    await blobs.put("a", bytes(1));
    expect(steps).toEqual(["sync", "syncDirectory", "rename", "syncDirectory"]);
    steps.length = 0;
    await blobs.delete("a");
    expect(steps).toEqual(["syncDirectory"]);
  });

  it("syncs the names that a crashed process may not have synced, before anybody reads them", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    await blobs.put("a", bytes(1));
    for (const how of ["close", "kill", "fail"] as const) {
      machine.kill();
      const storage = await machine.open();
      if (how === "fail") {
        machine.fileSystem.fault = ({ name }) => {
          if (name === "syncDirectory") throw systemError("EIO");
          return undefined;
        };
        await expect(storage.blobs.put("a", bytes(2))).rejects.toMatchObject({ code: "STORE_FAILED" });
        machine.fileSystem.fault = undefined;
      }
      if (how === "kill") machine.kill();
      else await storage.close();

      const synced: string[] = [];
      machine.fileSystem.fault = ({ name, path }) => {
        if (name === "syncDirectory") synced.push(path);
        return undefined;
      };
      await machine.open();
      const { directory } = blobPath(`${STORE}/blobs`, "a");
      expect(synced.includes(directory), how).toBe(how !== "close");
    }
  });

  it("finds a file that was put in another's place", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    await blobs.put("a", bytes(1));
    await blobs.put("b", bytes(2));
    const { files } = machine.fileSystem;
    const [a, b] = [blobPath(`${STORE}/blobs`, "a").file, blobPath(`${STORE}/blobs`, "b").file];
    files.set(a, files.get(b) as Uint8Array);
    const corrupt = { code: "STORE_CORRUPT", details: { file: a } };
    await expect(blobs.get("a")).rejects.toMatchObject(corrupt);
    await expect(blobs.stat("a")).rejects.toMatchObject(corrupt);
    await expect(blobs.list("")).rejects.toMatchObject(corrupt);
    expect(await blobs.get("b")).toEqual(bytes(2));
  });

  it("tells a format of the future from damage", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    await blobs.put("a", bytes(1, 2));
    const { file } = blobPath(`${STORE}/blobs`, "a");
    const content = Buffer.from(machine.fileSystem.files.get(file) ?? []);
    const checksumAt = 52 + "a".length;
    content.writeUInt32LE(2, 4);
    content.writeUInt32LE(checksum(content.subarray(0, checksumAt)), checksumAt);
    machine.fileSystem.files.set(file, content);
    const unsupported = {
      code: "STORE_FORMAT_UNSUPPORTED",
      details: { file, format: 2, supported: [1] },
    };
    await expect(blobs.get("a")).rejects.toMatchObject(unsupported);
    await expect(blobs.stat("a")).rejects.toMatchObject(unsupported);
    await expect(verifyFsStorage(STORE, machine)).rejects.toMatchObject(unsupported);
  });

  it("lists again after a listing that failed, and does not fail a put for it", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    await blobs.put("a", bytes(1));
    machine.fileSystem.fault = ({ name }) => {
      if (name === "list") throw systemError("EIO");
      return undefined;
    };
    const listing = blobs.list("");
    const put = blobs.put("b", bytes(2));
    await expect(listing).rejects.toMatchObject({ code: "STORE_FAILED" });
    await put;
    machine.fileSystem.fault = undefined;
    expect((await blobs.list("")).map(({ key }) => key)).toEqual(["a", "b"]);
  });

  it("removes what puts left half done when their process was killed", async () => {
    const machine = createTestMachine();
    const { blobs } = await machine.open();
    let image = machine.fileSystem.clone();
    machine.fileSystem.fault = ({ name }) => {
      if (name === "rename") image = machine.fileSystem.clone();
      return undefined;
    };
    await blobs.put("a", bytes(1));
    const left = image.files.keys().filter((path) => path.startsWith(`${STORE}/tmp/`));
    expect(left).toHaveLength(1);
    const next = await createTestMachine(image).open();
    expect(await next.blobs.get("a")).toBeUndefined();
    expect(await next.blobs.list("")).toEqual([]);
    expect(image.files.has(left[0] as string)).toBe(false);
  });

  it("refuses what is no key or no bytes", async () => {
    const blobs = await openBlobs();
    await expect(blobs.put("", bytes(1))).rejects.toMatchObject({ code: "KEY_INVALID" });
    await expect(blobs.put("k".repeat(1025), bytes(1))).rejects.toMatchObject({ code: "KEY_INVALID" });
    await expect(blobs.put("a", "text" as never)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(blobs.list("", { limit: -1 })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});
