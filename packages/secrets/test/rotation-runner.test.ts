import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { KeelsonError, Secret } from "@keelson/core";
import {
  createRotationRunner,
  createSecretStore,
  type RotationHooks,
  type SecretKind,
} from "@keelson/secrets";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

const DAY = 24 * 60 * MINUTE;
const WEEKLY = { everyMs: 7 * DAY, graceMs: DAY };

async function scheduled() {
  const opened = openStore();
  await opened.store.put("api", "one");
  await opened.store.schedule("api", WEEKLY);
  return opened;
}

describe("schedule and due", () => {
  it("name a secret once its current version is as old as that", async () => {
    const { store, clock } = await scheduled();
    const dueAtMs = clock.now() + 7 * DAY;
    const due = { name: "api", reason: "scheduled", version: 1, dueAtMs, graceMs: DAY };
    expect(await store.current("api")).toMatchObject({ version: 1, dueAtMs });
    await clock.advance(7 * DAY - 1);
    expect(await store.due()).toEqual([]);
    expect(await store.due({ withinMs: 1 })).toEqual([due]);
    await clock.advance(1);
    expect(await store.due()).toEqual([due]);
    await store.rotate("api", { graceMs: DAY });
    expect(await store.due()).toEqual([]);
  });

  it("order by how long it is overdue, and leave out what is not scheduled or has no current version", async () => {
    const { store, clock } = openStore();
    for (const name of ["never", "late", "later", "revoked", "stopped"]) await store.put(name, "value");
    await store.schedule("late", { everyMs: 2 * DAY, graceMs: 0 });
    for (const name of ["later", "revoked", "stopped"])
      await store.schedule(name, { everyMs: DAY, graceMs: 0 });
    await store.revoke("revoked", 1);
    await store.schedule("stopped", undefined);
    await clock.advance(3 * DAY);
    expect((await store.due()).map(({ name }) => name)).toEqual(["later", "late"]);
    expect((await store.status("stopped")).schedule).toBeUndefined();
    expect((await store.audit("stopped")).events.map(({ action }) => action)).toEqual([
      "put",
      "scheduled",
      "scheduled",
    ]);
  });

  it("refuse windows that would overlap, and what is no time", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    for (const schedule of [
      { everyMs: DAY, graceMs: DAY },
      { everyMs: 0, graceMs: 0 },
      { everyMs: 1.5, graceMs: 0 },
      { everyMs: DAY, graceMs: -1 },
    ])
      await expect(store.schedule("api", schedule)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(store.due({ withinMs: -1 })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("createRotationRunner", () => {
  it("rotates what is due, and hands its value on", async () => {
    const { store, clock } = await scheduled();
    await store.put("other", "value");
    const seen: string[] = [];
    const runner = createRotationRunner({
      store,
      clock,
      by: "cron",
      hooks: (name) => ({ create: () => `made for ${name}` }),
      onRotated: ({ secret }) => void seen.push(secret?.expose() ?? ""),
    });
    expect(await runner.runOnce()).toEqual({ rotated: [], skipped: [], failed: [] });
    await clock.advance(7 * DAY);
    const { rotated } = await runner.runOnce();
    expect(rotated.map(({ name, version }) => [name, version])).toEqual([["api", 2]]);
    expect(seen).toEqual(["made for api"]);
    expect((await store.verify("api", "one")).ok).toBe(true);
    const { events } = await store.audit("api");
    expect(events.at(-1)).toMatchObject({
      action: "rotated",
      by: "cron",
      why: expect.stringMatching(/^due since/),
    });
  });

  it("rotates once after a time without it, however many times were missed", async () => {
    const { store, reopen, clock } = await scheduled();
    await clock.advance(100 * DAY);
    const runner = createRotationRunner({ store: reopen(), clock });
    for (let i = 0; i < 3; i++) await runner.runOnce();
    expect((await store.current("api")).version).toBe(2);
    await clock.advance(7 * DAY);
    await runner.runOnce();
    expect((await store.current("api")).version).toBe(3);
  });

  const hooks: RotationHooks = { set: async () => {}, test: async () => true };
  it.each<[string, SecretKind, RotationHooks]>([
    ["without hooks", "use", {}],
    ["with hooks", "use", hooks],
    ["with hooks", "verify", hooks],
  ])("rotates once in many processes at a time, %s, kind %s", async (_, kind, hooks) => {
    const { store, reopen, clock } = openStore();
    await store.put("api", token("one"), { kind });
    await store.schedule("api", WEEKLY);
    await clock.advance(30 * DAY);
    const told: number[] = [];
    const runners = Array.from({ length: 4 }, () =>
      createRotationRunner({
        store: reopen(),
        clock,
        hooks: () => hooks,
        onRotated: ({ version }) => void told.push(version),
      }),
    );
    const rounds = await Promise.all(runners.map((runner) => runner.runOnce()));
    expect(rounds.flatMap(({ failed }) => failed)).toEqual([]);
    const { events } = await store.audit("api");
    expect(events.filter(({ action }) => action === "rotated")).toHaveLength(1);
    expect(new Set(told)).toEqual(new Set([(await store.current("api")).version]));
    await Promise.all(runners.map((runner) => runner.runOnce()));
    expect((await store.audit("api")).events.filter(({ action }) => action === "rotated")).toHaveLength(1);
  });

  it("takes over a rotation that was left behind, but not one that another process may be at", async () => {
    const { store, reopen, clock } = await scheduled();
    const abort = new AbortController();
    const hooks: RotationHooks = { set: () => {}, undo: () => {} };
    const set = () => abort.abort(new Error("died"));
    await store
      .rotate("api", { graceMs: DAY, hooks: { ...hooks, set }, signal: abort.signal })
      .catch(() => {});
    const runner = createRotationRunner({ store: reopen(), clock, hooks: () => hooks });
    expect(await runner.runOnce()).toMatchObject({ rotated: [], skipped: ["api"] });
    await clock.advance(5 * MINUTE);
    expect(await runner.runOnce()).toMatchObject({ rotated: [{ name: "api", version: 2 }], skipped: [] });
    expect(await store.due()).toEqual([]);
  });

  it("goes on with the others where one fails, and tries that one again", async () => {
    const { store, clock } = openStore();
    for (const name of ["a", "b", "c"]) {
      await store.put(name, "value");
      await store.schedule(name, WEEKLY);
    }
    await clock.advance(7 * DAY);
    let down = true;
    const told: (string | undefined)[] = [];
    const runner = createRotationRunner({
      store,
      clock,
      hooks: (name) => ({ test: () => name !== "b" || !down }),
      onFailed: ({ name }) => void told.push(name),
    });
    const first = await runner.runOnce();
    expect(first.rotated.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(first.failed).toMatchObject([{ name: "b", error: { code: "SECRET_ROTATION_FAILED" } }]);
    expect(told).toEqual(["b"]);
    down = false;
    expect((await runner.runOnce()).rotated.map(({ name }) => name)).toEqual(["b"]);
  });

  it("goes on with the others where a record cannot be read", async () => {
    const { store, clock, backend } = openStore();
    for (const name of ["a", "b", "c"]) {
      await store.put(name, "value");
      await store.schedule(name, WEEKLY);
    }
    await clock.advance(7 * DAY);
    const record = await backend.read("b");
    const garbage = new Secret("garbage", { name: "b", version: 1 });
    await backend.write("b", garbage, { expect: record?.revision ?? "absent" });
    const { rotated, failed } = await createRotationRunner({ store, clock }).runOnce();
    expect(rotated.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(failed).toMatchObject([{ name: "b", error: { code: "SECRET_UNREADABLE" } }]);
    await expect(store.due()).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
  });

  it("tells of every value that could not be handed on, whatever it was refused with", async () => {
    const { store, clock } = await scheduled();
    await clock.advance(7 * DAY);
    const details = { name: "vault", expect: 1, actual: 2 } as const;
    const error = new KeelsonError("SECRET_CONFLICT", "vault has changed", { details });
    const onRotated = () => Promise.reject(error);
    const round = await createRotationRunner({ store, clock, onRotated }).runOnce();
    expect(round).toMatchObject({ rotated: [{ name: "api", version: 2 }], skipped: [] });
    expect(round.failed).toEqual([{ name: "api", error }]);
  });

  it("runs round after round until it is aborted, whatever fails", async () => {
    const clock = createManualClock();
    const storage = createFaultyStorage(createMemoryStorage(), { at: 1, on: ["secrets.list"] });
    const store = createSecretStore({ ...storage, clock });
    await store.put("api", "one");
    await store.schedule("api", { everyMs: 10 * MINUTE, graceMs: MINUTE });
    const failures: unknown[] = [];
    const abort = new AbortController();
    const runner = createRotationRunner({ store, clock, onFailed: ({ name }) => void failures.push(name) });
    const running = runner.run({ signal: abort.signal });
    await clock.advance(35 * MINUTE);
    expect((await store.current("api")).version).toBe(4);
    expect(failures).toEqual([undefined]);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it("refuses what is no time", () => {
    const { store } = openStore();
    expect(() => createRotationRunner({ store, everyMs: -1 })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
