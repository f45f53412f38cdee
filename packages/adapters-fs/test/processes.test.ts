import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { nodeProcesses } from "../src/processes.ts";

describe("nodeProcesses", () => {
  it("knows that this process is alive", async () => {
    const self = await nodeProcesses.self();
    expect(self.pid).toBe(process.pid);
    expect(await nodeProcesses.isAlive(self)).toBe(true);
  });

  it("knows that a process has ended", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    const pid = child.pid as number;
    await once(child, "exit");
    expect(await nodeProcesses.isAlive({ pid, startTime: undefined, bootId: undefined })).toBe(false);
  });

  it.runIf(process.platform === "linux")(
    "is not taken in by a recycled id or a former run of the machine",
    async () => {
      const self = await nodeProcesses.self();
      expect(self.startTime).toMatch(/^\d+$/);
      expect(self.bootId).toMatch(/^[0-9a-f-]{36}$/);
      expect(await nodeProcesses.isAlive({ ...self, startTime: "1" })).toBe(false);
      expect(await nodeProcesses.isAlive({ ...self, bootId: "another" })).toBe(false);
      expect(await nodeProcesses.isAlive({ ...self, startTime: undefined, bootId: undefined })).toBe(true);
    },
  );
});
