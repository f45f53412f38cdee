import { openFsStorage } from "@keelson/adapters-fs";
import { describe, expect, it } from "vitest";
import { createTestMachine, STORE } from "./subject.ts";

describe(openFsStorage.name, () => {
  it("lets writes that arrive together share one fsync, and those that arrive meanwhile the next", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    let syncs = 0;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name === "sync" && path.startsWith(`${STORE}/log/`)) syncs++;
      return undefined;
    };
    const commit = (n: number): Promise<unknown> =>
      Promise.resolve(storage.state.commit([{ key: `k/${n}`, value: n }]));
    const first = Array.from({ length: 50 }, (_, n) => commit(n));
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    const second = Array.from({ length: 50 }, (_, n) => commit(50 + n));
    await Promise.all([...first, ...second]);
    expect(syncs).toBe(2);
    await storage.close();
    expect(await (await machine.open()).state.scan()).toHaveLength(100);
  });

  it("gives what is too much for one write several", { timeout: 30_000 }, async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    let syncs = 0;
    machine.fileSystem.fault = ({ name, path }) => {
      if (name === "sync" && path.startsWith(`${STORE}/log/`)) syncs++;
      return undefined;
    };
    const value = "v".repeat(30 * 1024 * 1024);
    await Promise.all(["a", "b", "c"].map((key) => storage.state.commit([{ key, value }])));
    expect(syncs).toBe(2);
    await storage.close();
    const again = await (await machine.open()).state.get(["a", "b", "c"]);
    expect(again.map((entry) => entry?.value === value)).toEqual([true, true, true]);
  });

  it("acknowledges nothing before it is synced, and shows it to nobody", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    const events: string[] = [];
    machine.fileSystem.fault = ({ name, path }) => {
      if (name === "sync" && path.startsWith(`${STORE}/log/`)) events.push("sync");
      return undefined;
    };
    const commit = Promise.resolve(storage.state.commit([{ key: "a", value: 1 }]));
    const read = Promise.resolve(storage.state.get(["a"]));
    await Promise.all([commit.then(() => events.push("ack")), read.then(() => events.push("read"))]);
    expect(events[0]).toBe("sync");
    expect(events.slice(1).sort()).toEqual(["ack", "read"]);
  });
});
