import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeFileSystem } from "../src/node-file-system.ts";

describe("nodeFileSystem", () => {
  it("reads the same at once as in the background, up to the end of the file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, "file"), "0123456789");
    const file = await nodeFileSystem.open(join(directory, "file"), "read");
    for (const [length, position] of [
      [10, 0],
      [4, 3],
      [4, 8],
      [4, 12],
      [0, 0],
    ] as const) {
      const bytes = await file.read(length, position);
      expect(Buffer.from(bytes).toString()).toBe("0123456789".slice(position, position + length));
      expect(file.readSync(length, position)).toEqual(bytes);
    }
    await file.close();
  });

  it("tells what is not there from what the system cannot look for", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "file");
    await expect(nodeFileSystem.exists(file)).resolves.toBe(false);
    await writeFile(file, "");
    await expect(nodeFileSystem.exists(file)).resolves.toBe(true);
    await expect(nodeFileSystem.exists(join(directory, "x".repeat(5000)))).rejects.toMatchObject({
      code: "ENAMETOOLONG",
    });
  });
});
