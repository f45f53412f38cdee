import type { RotationHooks } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

/** A store whose process has died at a step of a rotation. */
async function left(step: keyof RotationHooks, kind: "use" | "verify" = "use") {
  const opened = openStore();
  await opened.store.put("api", token("one"), { kind });
  const abort = new AbortController();
  const calls: string[] = [];
  const sound: Required<RotationHooks> = {
    create: () => token("two"),
    set: () => {},
    test: () => true,
    finish: () => void calls.push("finish"),
    undo: () => void calls.push("undo"),
  };
  const dying = () => {
    abort.abort(new Error("died"));
    return new Promise<never>(() => {});
  };
  const hooks: RotationHooks = { ...sound, ...(step === "undo" && { test: () => false }), [step]: dying };
  await opened.store.rotate("api", { graceMs: MINUTE, hooks, signal: abort.signal }).catch(() => {});
  return { ...opened, calls, hooks: sound, store: opened.reopen() };
}

const none = { outcome: "none", version: undefined, secret: undefined };
const both = [token("one"), token("two")];

describe("resume", () => {
  it("does nothing where nothing was left", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    expect(await store.resume("api")).toEqual(none);
    expect((await store.audit("api")).events).toHaveLength(1);
    await expect(store.resume("other")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });

  it.each(["create", "set", "test"] as const)(
    "goes on after a death in %s, with the grace of then",
    async (step) => {
      const { store, hooks, calls, clock } = await left(step);
      const result = await store.resume("api", { hooks });
      expect(result).toMatchObject({ outcome: "completed", version: 2 });
      expect(result.secret?.expose()).toBe(token("two"));
      expect(calls).toEqual(["finish"]);
      expect(await accepted(store, "api", both)).toEqual(both);
      await clock.advance(MINUTE);
      expect(await accepted(store, "api", both)).toEqual([token("two")]);
      expect(await store.resume("api", { hooks })).toEqual(none);
    },
  );

  it("runs a finish that was missed", async () => {
    const { store, hooks, calls } = await left("finish", "verify");
    expect(await store.resume("api", { hooks })).toEqual({ ...none, outcome: "completed", version: 2 });
    expect(calls).toEqual(["finish"]);
    expect(await accepted(store, "api", both)).toEqual(both);
  });

  it("takes back what was being taken back", async () => {
    const { store, hooks, calls } = await left("undo");
    expect(await store.resume("api", { hooks })).toEqual({ ...none, outcome: "taken-back", version: 2 });
    expect(calls).toEqual(["undo"]);
    expect(await accepted(store, "api", both)).toEqual([token("one")]);
  });

  it("takes back a candidate whose value is no longer known", async () => {
    const { store, hooks, calls } = await left("test", "verify");
    expect(await store.resume("api", { hooks })).toEqual({ ...none, outcome: "taken-back", version: 2 });
    expect(calls).toEqual(["undo"]);
    expect(await accepted(store, "api", both)).toEqual([token("one")]);
  });

  it("takes back a candidate that is refused, and makes no other", async () => {
    const { store, hooks, calls } = await left("set");
    const test = () => false;
    expect(await store.resume("api", { hooks: { ...hooks, test } })).toMatchObject({ outcome: "taken-back" });
    expect(calls).toEqual(["undo"]);
    const { current, versions } = await store.status("api");
    expect([current, versions.length]).toEqual([1, 2]);
  });

  it("asks for the hooks the rotation was begun with", async () => {
    const { store } = await left("set");
    await expect(store.resume("api")).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});
