import type { CandidateContext, RotationContext, RotationHooks } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

/** Hooks that note their calls, and of which one may fail. */
function noting(fail?: keyof RotationHooks) {
  const calls: string[] = [];
  const note = (step: keyof RotationHooks, { version, candidate, current }: RotationContext) => {
    calls.push(`${step} ${version} ${candidate?.expose() ?? "-"} ${current?.expose() ?? "-"}`);
    if (step === fail) throw new Error(`refused ${candidate?.expose()}`);
  };
  const hooks: RotationHooks = {
    create: (context) => {
      note("create", context);
      return token("made");
    },
    set: (context) => note("set", context),
    test: (context) => {
      note("test", context);
      return true;
    },
    finish: (context) => note("finish", context),
    undo: (context) => note("undo", context),
  };
  return { calls, hooks };
}

describe("rotate with hooks", () => {
  it("runs create, set, test, then commits, then runs finish", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const { calls, hooks } = noting();
    const finish = async (context: RotationContext) => {
      await hooks.finish?.(context);
      calls.push(`current ${(await store.get("api")).expose()}`);
    };
    const result = await store.rotate("api", { graceMs: MINUTE, hooks: { ...hooks, finish } });
    expect(result).toMatchObject({ version: 2, previous: 1, finished: true });
    const made = token("made");
    expect(calls).toEqual([
      "create 2 - one",
      `set 2 ${made} one`,
      `test 2 ${made} one`,
      `finish 2 ${made} -`,
      `current ${made}`,
    ]);
    expect((await store.status("api")).rotation).toBeUndefined();
  });

  it("has stored the candidate before anything happens outside", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const seen: unknown[] = [];
    const look = async () => void seen.push(await reopen().status("api"));
    const create = async () => {
      await look();
      return "two";
    };
    await store.rotate("api", { graceMs: 0, hooks: { create, set: look } });
    const pending = { current: 1, versions: [{ stage: "current" }, { version: 2, stage: "pending" }] };
    expect(seen).toMatchObject([
      { ...pending, rotation: { version: 2, phase: "create", hooks: ["create", "set"] } },
      { ...pending, rotation: { version: 2, phase: "set" } },
    ]);
  });

  it("does not call create for a value that was given", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const { calls, hooks } = noting();
    await store.rotate("api", { graceMs: 0, value: "two", hooks });
    expect(calls[0]).toBe("set 2 two one");
  });

  it.each(["create", "set", "test"] as const)("takes everything back when %s fails", async (step) => {
    const { store } = openStore();
    await store.put("api", "one");
    const { calls, hooks } = noting(step);
    const error = await store.rotate("api", { graceMs: MINUTE, hooks }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "SECRET_ROTATION_FAILED", details: { name: "api", step } });
    expect(error).not.toHaveProperty("cause");
    // A refused candidate is tried twice, and then replaced once.
    const newest = step === "create" ? 2 : 3;
    expect(calls.at(-1)).toMatch(new RegExp(`^undo ${newest}`));
    expect((await store.get("api")).expose()).toBe("one");
    const { current, rotation, versions } = await store.status("api");
    expect([current, rotation]).toEqual([1, undefined]);
    expect(versions.slice(1).map(({ stage }) => stage)).toEqual(Array(newest - 1).fill("revoked"));
    expect(await store.rotate("api", { graceMs: MINUTE, hooks: noting().hooks })).toMatchObject({
      version: newest + 1,
    });
  });

  it("tries a refused candidate once more before it gives it up", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const tested: string[] = [];
    const test = async ({ candidate }: CandidateContext) => {
      const { rotation } = await store.status("api");
      tested.push(`${candidate.expose()} ${rotation?.attempt}`);
      return tested.length > 1;
    };
    expect(await store.rotate("api", { graceMs: 0, value: "two", hooks: { test } })).toMatchObject({
      version: 2,
      finished: true,
    });
    expect(tested).toEqual(["two 1", "two 2"]);
  });

  it.each(["use", "verify"] as const)(
    "replaces a candidate that was refused twice by a new one, kind %s",
    async (kind) => {
      const { store } = openStore();
      await store.put("api", token("one"), { kind });
      const tested: string[] = [];
      const undone: number[] = [];
      const hooks: RotationHooks = {
        test: ({ candidate }) => tested.push(candidate.expose()) > 2,
        undo: ({ version }) => void undone.push(version),
      };
      const { version, secret, resumed } = await store.rotate("api", {
        graceMs: MINUTE,
        hooks,
        ifVersion: 1,
      });
      expect([version, resumed, undone]).toEqual([3, false, [2]]);
      expect(tested[0]).toBe(tested[1]);
      expect(tested[2]).not.toBe(tested[1]);
      expect(secret.expose()).toBe(tested[2]);
      expect(await accepted(store, "api", [token("one"), ...tested])).toEqual([token("one"), tested[2]]);
    },
  );

  it("asks create for another value where the first was refused twice", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const made: number[] = [];
    const hooks: RotationHooks = {
      create: ({ version }) => `issued ${made.push(version)}`,
      test: ({ candidate }) => candidate.expose() !== "issued 1",
    };
    expect((await store.rotate("api", { graceMs: 0, hooks })).secret.expose()).toBe("issued 2");
    expect(made).toEqual([2, 3]);
  });

  it("gives up after two candidates, and after one that was given", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const tested: number[] = [];
    const test = ({ version }: CandidateContext) => tested.push(version) === 0;
    const failed = { code: "SECRET_ROTATION_FAILED", details: { name: "api", step: "test" } };
    await expect(store.rotate("api", { graceMs: 0, hooks: { test } })).rejects.toMatchObject(failed);
    await expect(store.rotate("api", { graceMs: 0, value: "x", hooks: { test } })).rejects.toMatchObject(
      failed,
    );
    expect(tested).toEqual([2, 2, 3, 3, 4, 4]);
    expect((await store.status("api")).current).toBe(1);
  });

  it("takes a test that resolves to false for a failure", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const hooks = { test: () => false };
    await expect(store.rotate("api", { graceMs: 0, hooks })).rejects.toMatchObject({
      details: { step: "test" },
    });
    expect((await store.get("api")).expose()).toBe("one");
  });

  it("fails at create when that makes no value, or one that is live", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    for (const made of ["", "one"])
      await expect(store.rotate("api", { graceMs: 0, hooks: { create: () => made } })).rejects.toMatchObject({
        details: { step: "create" },
      });
  });

  it("goes on with a failed undo on the next call, before it begins anew", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const failing = noting("undo");
    const set = () => {
      throw new Error("refused");
    };
    await expect(
      store.rotate("api", { graceMs: 0, value: "two", hooks: { ...failing.hooks, set } }),
    ).rejects.toMatchObject({ details: { step: "set, undo" } });
    expect((await store.status("api")).rotation).toMatchObject({ version: 2, phase: "undo" });
    const { calls, hooks } = noting();
    expect(await reopen().rotate("api", { graceMs: 0, value: "three", hooks })).toMatchObject({ version: 3 });
    expect(calls).toEqual(["undo 2 two one", "set 3 three one", "test 3 three one", "finish 3 three -"]);
  });

  it("keeps a rotation whose finish fails, and runs finish first on the next call", async () => {
    const { store, clock } = openStore();
    await store.put("api", undefined, { kind: "verify" });
    const first = await store.rotate("api", { graceMs: MINUTE, hooks: noting("finish").hooks });
    expect(first).toMatchObject({ version: 2, finished: false });
    expect(await store.verify("api", first.secret)).toMatchObject({ ok: true, stage: "current" });
    await clock.advance(MINUTE);
    const { calls, hooks } = noting();
    const value = token("next");
    expect(await store.rotate("api", { graceMs: MINUTE, hooks, value })).toMatchObject({
      version: 3,
      finished: true,
    });
    expect(calls.map((call) => call.slice(0, 8))).toEqual(["finish 2", "set 3 ne", "test 3 n", "finish 3"]);
  });

  it("rejects when a finish that was missed fails again", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const { hooks } = noting("finish");
    await store.rotate("api", { graceMs: 0, hooks });
    await expect(store.rotate("api", { graceMs: 0, hooks })).rejects.toMatchObject({
      details: { step: "finish" },
    });
    expect((await store.status("api")).current).toBe(2);
  });

  it("asks for the hooks that an unfinished rotation was begun with", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const hooks = { set: () => {}, finish: () => Promise.reject(new Error("down")) };
    await store.rotate("api", { graceMs: 0, hooks });
    await expect(store.rotate("api", { graceMs: 0 })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      details: { argument: "hooks", reason: expect.stringContaining("finish") },
    });
    expect(await store.rotate("api", { graceMs: 0, hooks: { finish: () => {} } })).toMatchObject({
      version: 3,
    });
  });

  it("checks ifVersion and open windows before any hook runs", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const { calls, hooks } = noting();
    await expect(store.rotate("api", { graceMs: 0, ifVersion: 7, hooks })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
    });
    await store.rotate("api", { graceMs: MINUTE });
    await expect(store.rotate("api", { graceMs: 0, hooks })).rejects.toMatchObject({
      code: "SECRET_GRACE_OPEN",
    });
    expect(calls).toEqual([]);
  });

  it("takes up no rotation that it was not to make", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const abort = new AbortController();
    const set = () => abort.abort(new Error("gone"));
    await store.rotate("api", { graceMs: 0, hooks: { set }, signal: abort.signal }).catch(() => {});
    const { calls, hooks } = noting();
    await expect(store.rotate("api", { graceMs: 0, ifVersion: 2, hooks })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { expect: 2, actual: 1 },
    });
    expect(calls).toEqual([]);
    expect((await store.status("api")).rotation).toMatchObject({ version: 2, phase: "set" });
  });

  it("closes no journal but its own after a slow finish", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const abort = new AbortController();
    const finish = async () => {
      const hooks = { finish: () => {}, set: () => abort.abort(new Error("gone")) };
      await reopen()
        .rotate("api", { graceMs: 0, hooks, signal: abort.signal })
        .catch(() => {});
    };
    expect(await store.rotate("api", { graceMs: 0, hooks: { finish } })).toMatchObject({ version: 2 });
    expect((await store.status("api")).rotation).toMatchObject({ version: 3, phase: "set" });
  });

  it("lets two calls at once share one rotation of kind use", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const target = new Set(["one"]);
    const hooks: RotationHooks = {
      set: ({ candidate }) => void target.add(candidate.expose()),
      test: ({ candidate }) => target.has(candidate.expose()),
      undo: ({ candidate }) => void target.delete(candidate?.expose() ?? ""),
    };
    const [a, b] = await Promise.all([
      store.rotate("api", { graceMs: MINUTE, hooks, ifVersion: 1 }),
      reopen().rotate("api", { graceMs: MINUTE, hooks, ifVersion: 1 }),
    ]);
    expect([a.version, b.version]).toEqual([2, 2]);
    expect(a.secret.expose()).toBe(b.secret.expose());
    expect(target).toEqual(new Set(["one", a.secret.expose()]));
  });

  it("lets a second call of kind verify take the first one's candidate back, which then rejects", async () => {
    const { store, reopen } = openStore();
    const { secret: old } = await store.put("api", undefined, { kind: "verify" });
    const undone: number[] = [];
    const undo = ({ version }: RotationContext) => void undone.push(version);
    let second: Promise<{ version: number }> | undefined;
    const set = async () => {
      second = reopen().rotate("api", { graceMs: MINUTE, hooks: { set: () => {}, undo } });
      await second;
    };
    await expect(store.rotate("api", { graceMs: MINUTE, hooks: { set, undo } })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
    });
    expect([(await second)?.version, undone]).toEqual([3, [2]]);
    expect((await store.verify("api", old)).ok).toBe(true);
  });

  it("never gives undo a value that is not the candidate's", async () => {
    const { store, reopen } = openStore();
    await store.put("api", token("one"), { kind: "verify" });
    const abort = new AbortController();
    const set = () => abort.abort(new Error("gone"));
    const hooks = { set, undo: () => {} };
    await expect(
      store.rotate("api", { graceMs: 0, value: token("two"), hooks, signal: abort.signal }),
    ).rejects.toThrow("gone");
    const { calls, hooks: noted } = noting();
    await reopen().rotate("api", { graceMs: 0, value: token("three"), hooks: noted });
    expect(calls[0]).toBe("undo 2 - -");
    expect(await accepted(store, "api", [token("two"), token("three")])).toEqual([token("three")]);
  });
});
