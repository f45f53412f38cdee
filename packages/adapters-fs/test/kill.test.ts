import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openFsStorage } from "@keelson/adapters-fs";
import type { Storage } from "@keelson/core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "keelson-kill-"));
  await build({
    configFile: false,
    logLevel: "silent",
    build: { ssr: join(import.meta.dirname, "child.ts"), outDir: join(place, "dist"), target: "node20" },
    ssr: { noExternal: true, resolve: { conditions: ["@keelson/source", "node", "import", "default"] } },
  });
}, 60_000);

afterAll(() => rm(place, { recursive: true, force: true }));

function start(directory: string, round: number): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, [join(place, "dist", "child.js"), directory, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("no output to read");
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Runs the child until it has told so many lines, kills it, and gives all it told. */
async function killAfter(directory: string, round: number, count: number): Promise<string[]> {
  const { child, lines } = start(directory, round);
  const exited = once(child, "exit");
  const told: string[] = [];
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    told.push(line.value);
    if (told.length === count) child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
  return told.filter((line) => line !== "open");
}

async function assertThere(storage: Storage, id: string): Promise<void> {
  const [, writer, n] = id.split("/").map(Number) as [number, number, number];
  if (writer === 0) {
    expect(await storage.blobs.get(id)).toEqual(new Uint8Array(Buffer.from(id.repeat(50))));
  } else if (writer % 2 === 0) {
    const docs = await storage.vectors.open("docs", { dimension: 8, metric: "cosine" });
    expect(await docs.get([id])).toEqual([{ id, vector: new Float32Array(8).fill(n + 1), text: id }]);
  } else {
    const values = (await storage.state.get([id, `${id}/too`])).map((entry) => entry?.value);
    expect(values).toEqual([{ n }, n]);
  }
}

describe(openFsStorage.name, () => {
  it("loses nothing acknowledged when its process is killed in the middle of writing", {
    timeout: 120_000,
  }, async () => {
    const directory = join(place, "killed");
    const acknowledged: string[] = [];
    for (const [round, count] of [2, 60, 333, 150, 700].entries()) {
      acknowledged.push(...(await killAfter(directory, round, count)));
      const storage = await openFsStorage(directory);
      for (const id of acknowledged) await assertThere(storage, id);
      // Every commit of two keys is there whole, acknowledged or not.
      const keys = new Set((await storage.state.scan({ limit: 1_000_000 })).map(({ key }) => key));
      for (const key of keys)
        expect(keys.has(key.endsWith("/too") ? key.slice(0, -4) : `${key}/too`)).toBe(true);
      await storage.close();
    }
    expect(acknowledged.length).toBeGreaterThan(1000);
  });

  it("refuses a directory that another process has open, until that one ends", {
    timeout: 60_000,
  }, async () => {
    const directory = join(place, "shared");
    const { child, lines } = start(directory, 0);
    try {
      expect(await lines.next()).toEqual({ done: false, value: "open" });
      await expect(openFsStorage(directory)).rejects.toMatchObject({
        code: "STORE_LOCKED",
        details: { directory, pid: child.pid },
      });
    } finally {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await (await openFsStorage(directory)).close();
  });

  it("refuses a directory that this process has open", async () => {
    const directory = join(place, "own");
    const storage = await openFsStorage(directory);
    await expect(openFsStorage(directory)).rejects.toMatchObject({
      code: "STORE_LOCKED",
      details: { directory, pid: process.pid },
    });
    await storage.close();
    await (await openFsStorage(directory)).close();
  });
});
