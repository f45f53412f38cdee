import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeFileSystem } from "../src/node-file-system.ts";

describe("nodeFileSystem", () => {
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
