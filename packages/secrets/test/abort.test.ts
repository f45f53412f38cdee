import { createMemoryStorage } from "@keelson/adapters-memory";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore } from "./support/open-store.ts";

const reason = new Error("changed my mind");

describe("an abort", () => {
  it("before a call rejects with its reason, and nothing happens", async () => {
    const { calls, secrets } = createFaultyStorage(createMemoryStorage());
    const { store } = openStore({ backend: secrets });
    const signal = AbortSignal.abort(reason);
    for (const call of [
      store.put("api", "value", { signal }),
      store.get("api", { signal }),
      store.verify("api", "value", { signal }),
      store.rotate("api", { graceMs: 0, signal }),
      store.expireGrace("api", { signal }),
      store.revoke("api", 1, { signal }),
      store.status("api", { signal }),
      store.list({ signal }),
      store.audit("api", { signal }),
    ])
      await expect(call).rejects.toBe(reason);
    expect(calls).toEqual([]);
  });

  it("rejects promptly where the backend does not answer", async () => {
    const { secrets } = createFaultyStorage(createMemoryStorage(), { at: 1, effect: "hold" });
    const { store } = openStore({ backend: secrets });
    const abort = new AbortController();
    const call = store.verify("api", "value", { signal: abort.signal });
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it("in a hook leaves the rotation to the next call", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const abort = new AbortController();
    const undone: number[] = [];
    const hooks = {
      set: () => {
        abort.abort(reason);
        return new Promise<void>(() => {});
      },
      undo: ({ version }: { version: number }) => void undone.push(version),
    };
    const call = store.rotate("api", { graceMs: MINUTE, value: "two", hooks, signal: abort.signal });
    await expect(call).rejects.toBe(reason);
    expect(undone).toEqual([]);
    expect((await store.status("api")).rotation).toMatchObject({ version: 2, phase: "set" });
    const resumed = await reopen().rotate("api", { graceMs: MINUTE, hooks: { ...hooks, set: () => {} } });
    expect(resumed).toMatchObject({ version: 2, resumed: true });
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["one", "two"]);
  });

  it("in the finish or undo that an earlier call left over rejects with its reason", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const down = () => Promise.reject(new Error("down"));
    for (const left of [{ finish: down }, { set: down, undo: down }]) {
      await store.rotate("api", { graceMs: 0, hooks: left }).catch(() => {});
      const abort = new AbortController();
      const gone = () => {
        abort.abort(reason);
        return new Promise<void>(() => {});
      };
      const hooks = { set: () => {}, finish: gone, undo: gone };
      await expect(store.rotate("api", { graceMs: 0, hooks, signal: abort.signal })).rejects.toBe(reason);
      await store.rotate("api", { graceMs: 0, hooks: { set: () => {}, finish: () => {}, undo: () => {} } });
    }
    expect((await store.status("api")).rotation).toBeUndefined();
  });

  it("after the commit costs nobody the new value", async () => {
    const { store } = openStore();
    await store.put("api", undefined, { kind: "verify" });
    const abort = new AbortController();
    const finish = () => {
      abort.abort(reason);
      return new Promise<void>(() => {});
    };
    const result = await store.rotate("api", { graceMs: 0, hooks: { finish }, signal: abort.signal });
    expect(result.finished).toBe(false);
    expect((await store.verify("api", result.secret)).ok).toBe(true);
  });
});
