import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openFsStorage } from "@keelson/adapters-fs";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReleaseManager } from "../src/index.ts";
import { driveRamp } from "./drive-ramp.ts";
import { dump } from "./support.ts";

let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "keelson-ramp-"));
  await build({
    configFile: false,
    logLevel: "silent",
    build: { ssr: join(import.meta.dirname, "ramp-child.ts"), outDir: join(place, "dist"), target: "node20" },
    ssr: { noExternal: true, resolve: { conditions: ["@keelson/source", "node", "import", "default"] } },
  });
}, 60_000);

afterAll(() => rm(place, { recursive: true, force: true }));

/** Runs the child until it has told so many lines, and kills it. Answers whether it was done before. */
async function killAfter(directory: string, loss: number, count: number): Promise<boolean> {
  const child = spawn(process.execPath, [join(place, "dist", "ramp-child.js"), directory, String(loss)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let told = 0;
  let done = false;
  for await (const line of createInterface({ input: child.stdout })) {
    done ||= line === "done";
    if (++told === count) child.kill("SIGKILL");
  }
  await exited;
  return done;
}

describe("a ramp whose process is killed again and again", () => {
  it.each([
    [0, "promoted"],
    [0.3, "rolledBack"],
  ])(
    "comes to the very evidence and end of one that is not, at a loss of %d: %s",
    { timeout: 120_000 },
    async (loss, end) => {
      const undisturbed = createMemoryStorage();
      let steps = 0;
      await driveRamp(undisturbed.state, loss, () => {
        steps++;
      });

      const directory = join(place, `loss-${loss}`);
      let kills = 0;
      while (!(await killAfter(directory, loss, 1 + ((kills * 7) % 5) + Math.floor((steps * kills) / 8))))
        kills++;
      expect(kills).toBeGreaterThan(3);

      const storage = await openFsStorage(directory);
      // Bit for bit: the stakes of every gate and guard, each hash of the audit log.
      expect(await dump(storage.state)).toEqual(await dump(undisturbed.state));
      const manager = createReleaseManager({ state: storage.state });
      const types = (await manager.history()).map(({ type }) => type);
      expect(types.at(-1)).toBe(end === "promoted" ? "promoted" : "rampBreached");
      expect((await manager.verifyAudit()).valid).toBe(true);
      await storage.close();
    },
  );
});
