import { Secret, type StateStore } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { interceptBackend } from "./support/intercept-backend.ts";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

describe("verify", () => {
  it.each(["use", "verify"] as const)(
    "accepts current and previous of kind %s, and says which",
    async (kind) => {
      const { store, clock } = openStore();
      await store.put("api", token("one"), { kind });
      await store.rotate("api", { graceMs: MINUTE, value: token("two") });
      expect(await store.verify("api", token("two"))).toEqual({
        ok: true,
        version: 2,
        stage: "current",
        expiresAtMs: undefined,
      });
      expect(await store.verify("api", new Secret(token("one"), { name: "x", version: 1 }))).toEqual({
        ok: true,
        version: 1,
        stage: "previous",
        expiresAtMs: clock.now() + MINUTE,
      });
    },
  );

  it("refuses all else, without saying why", async () => {
    const { store } = openStore();
    await store.put("api", token("one"));
    for (const wrong of ["", token("on"), `${token("one")} `, token("one").toUpperCase(), "é".repeat(99)])
      expect(await store.verify("api", wrong)).toEqual({ ok: false });
    expect(await store.verify("unknown", token("one"))).toEqual({ ok: false });
  });

  it("refuses arguments that are no value or name", async () => {
    const { store } = openStore();
    const missing = undefined as unknown as string;
    await expect(store.verify("api", missing)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(store.verify("", "x")).rejects.toMatchObject({ code: "KEY_INVALID" });
  });

  it("refuses the previous version from its deadline on, to the millisecond", async () => {
    const { store, clock } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await clock.advance(MINUTE - 1);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["one", "two"]);
    await clock.advance(1);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
  });

  it("does not accept a pending version", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    let pending: unknown;
    const test = async () => {
      pending = await store.verify("api", "two");
      return true;
    };
    await store.rotate("api", { graceMs: 0, value: "two", hooks: { test } });
    expect(pending).toEqual({ ok: false });
  });

  it("writes once when a window is found over, and not otherwise", async () => {
    const writes: string[] = [];
    const { backend } = openStore();
    const secrets = interceptBackend(backend, (method, call) => {
      if (method === "write") writes.push(method);
      return call();
    });
    const { store, clock } = openStore({ backend: secrets });
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    writes.length = 0;
    for (let i = 0; i < 5; i++) await accepted(store, "api", ["one", "two", "three"]);
    expect(writes).toHaveLength(0);
    await clock.advance(MINUTE);
    for (let i = 0; i < 5; i++) await store.verify("api", "two");
    expect(writes).toHaveLength(1);
  });

  it("accepts the current value also where the end of a window cannot be written, and refuses nothing on credit", async () => {
    const { backend } = openStore();
    let readOnly = false;
    const denied = new Error("read-only");
    const secrets = interceptBackend(backend, (method, call) =>
      readOnly && method === "write" ? Promise.reject(denied) : call(),
    );
    const { store, clock } = openStore({ backend: secrets });
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await clock.advance(MINUTE);
    readOnly = true;
    expect((await store.verify("api", "two")).ok).toBe(true);
    await expect(store.verify("api", "one")).rejects.toBe(denied);
    readOnly = false;
    expect((await store.verify("api", "one")).ok).toBe(false);
  });

  it("rejects with one failure where neither the record nor what has ended can be read", async () => {
    const { backend, state, clock } = openStore();
    const unreachable = new Error("unreachable");
    let isDown = false;
    const down = <T>(call: () => T): T | Promise<never> => (isDown ? Promise.reject(unreachable) : call());
    const { store } = openStore({
      clock,
      backend: interceptBackend(backend, (_, call) => down(call)),
      state: { ...(state as StateStore), get: (...call) => down(() => (state as StateStore).get(...call)) },
    });
    await store.put("api", "one");
    isDown = true;
    await expect(store.verify("api", "one")).rejects.toBe(unreachable);
    isDown = false;
    expect((await store.verify("api", "one")).ok).toBe(true);
  });

  it("sees at once what another store has changed", async () => {
    const { store, reopen } = openStore();
    const other = reopen();
    await store.put("api", "one");
    expect(await accepted(other, "api", ["one"])).toEqual(["one"]);
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    expect(await accepted(other, "api", ["one", "two"])).toEqual(["one", "two"]);
    await store.revoke("api", 1);
    expect(await accepted(other, "api", ["one", "two"])).toEqual(["two"]);
  });
});
