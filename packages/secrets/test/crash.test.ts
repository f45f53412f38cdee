import { createHash } from "node:crypto";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError, type Storage } from "@keelson/core";
import { createSecretStore, type RotationHooks, type SecretKind, type SecretStore } from "@keelson/secrets";
import { createFaultyStorage, type FaultPlan, type FaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

const OLD = token("old");
const NEW = token("new");

/**
 * The other side of a rotation: it accepts the values whose marks are keys of its blobs. Every hook is one call to the
 * storage, so that a process can die there as it can at a call to the backend.
 */
function hooksOf({ blobs }: Storage): Required<RotationHooks> {
  return {
    create: async () => {
      await blobs.stat("create");
      return NEW;
    },
    set: async ({ candidate }) => {
      await blobs.put(markOf(candidate.expose()), new Uint8Array());
    },
    test: async ({ candidate }) => (await blobs.stat(markOf(candidate.expose()))) !== undefined,
    finish: async () => {
      await blobs.stat("finish");
    },
    undo: async ({ candidate }) => {
      await blobs.delete(markOf(candidate?.expose() ?? NEW));
    },
  };
}

function markOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

function marksOf(...values: string[]): Set<string> {
  return new Set(values.map(markOf));
}

async function targetOf({ blobs }: Storage): Promise<Set<string>> {
  return new Set((await blobs.list("")).map(({ key }) => key));
}

/** A process that may die, and the storage that outlives it. */
interface Life {
  readonly process: FaultyStorage;
  readonly storage: Storage;
}

interface World {
  readonly store: SecretStore;
  /** A store of a process that will die. */
  doomed(process: FaultyStorage): SecretStore;
}

async function begin(kind: SecretKind, storage: Storage): Promise<World> {
  const { clock, reopen, store } = openStore(storage);
  await store.put("api", OLD, { kind });
  await storage.blobs.put(markOf(OLD), new Uint8Array());
  return {
    doomed: ({ secrets, state }) => createSecretStore({ clock, secrets, state }),
    store: reopen(),
  };
}

/** Runs a call once whole, then once for every step and side of it at which the process may die. */
async function everyDeath(run: (life: Life) => Promise<void>): Promise<void> {
  const live = async (plan?: FaultPlan): Promise<number> => {
    const storage = createMemoryStorage();
    const process = createFaultyStorage(storage, plan);
    await run({ process, storage });
    expect(process.fired).toBe(plan !== undefined);
    return process.steps;
  };
  const steps = await live();
  expect(steps).toBeGreaterThan(1);
  for (let at = 1; at <= steps; at++)
    for (const effect of ["kill", "kill-after"] as const) await live({ at, effect });
}

describe("a crash", () => {
  it.each(["use", "verify"] as const)(
    "in a rotation without hooks leaves old or new, kind %s",
    async (kind) => {
      await everyDeath(async ({ process, storage }) => {
        const { doomed, store } = await begin(kind, storage);
        await doomed(process)
          .rotate("api", { graceMs: MINUTE, value: NEW })
          .catch(() => {});
        const live = await accepted(store, "api", [OLD, NEW]);
        expect(live).toContain(OLD);
        const { current, rotation } = await store.status("api");
        expect([current, rotation]).toEqual([live.includes(NEW) ? 2 : 1, undefined]);
      });
    },
  );

  it.each(["use", "verify"] as const)(
    "in a rotation with hooks never locks out, and the next call completes it, kind %s",
    async (kind) => {
      await everyDeath(async ({ process, storage }) => {
        const { doomed, store } = await begin(kind, storage);
        await doomed(process)
          .rotate("api", { graceMs: MINUTE, hooks: hooksOf(process) })
          .catch(() => {});
        const { current } = await store.status("api");
        const now = current === 1 ? OLD : NEW;
        expect(await targetOf(storage)).toContain(markOf(now));
        expect(await accepted(store, "api", [OLD])).toEqual([OLD]);
        expect((await store.verify("api", now)).ok).toBe(true);

        const again = await store
          .rotate("api", { graceMs: MINUTE, hooks: hooksOf(storage) })
          .catch((error: unknown) => error);
        if (current === 2) expect(isKeelsonError(again, "SECRET_GRACE_OPEN")).toBe(true);
        else expect(again).toMatchObject({ previous: 1, finished: true });
        const after = await store.status("api");
        expect(after.rotation).toBeUndefined();
        expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD, NEW]);
        expect(await targetOf(storage)).toEqual(marksOf(OLD, NEW));
      });
    },
  );

  it("in a rotation with a generated value leaves no candidate behind at the other side", async () => {
    await everyDeath(async ({ process, storage }) => {
      const { doomed, store } = await begin("use", storage);
      const { create, ...hooks } = hooksOf(process);
      await doomed(process)
        .rotate("api", { graceMs: MINUTE, hooks })
        .catch(() => {});
      const { create: _, ...sound } = hooksOf(storage);
      await store.rotate("api", { graceMs: MINUTE, hooks: sound }).catch(() => {});
      expect(await targetOf(storage)).toEqual(marksOf(OLD, (await store.get("api")).expose()));
    });
  });

  it("in a rotation that takes a candidate back leaves the old version, and nothing behind", async () => {
    await everyDeath(async ({ process, storage }) => {
      const { doomed, store } = await begin("use", storage);
      const hooks = { ...hooksOf(process), test: () => false };
      const failing = doomed(process).rotate("api", { graceMs: MINUTE, hooks });
      await expect(failing).rejects.toThrow();
      expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD]);
      const sound = hooksOf(storage);
      await store.rotate("api", { graceMs: MINUTE, value: token("third"), hooks: sound });
      expect(await targetOf(storage)).toEqual(marksOf(OLD, token("third")));
    });
  });

  it("in the call that takes up a crashed rotation is no worse than the first", async () => {
    for (let dieAt = 1; dieAt <= 8; dieAt++)
      await everyDeath(async ({ process, storage }) => {
        const { doomed, store } = await begin("use", storage);
        const first = createFaultyStorage(storage, { at: dieAt, effect: "kill-after" });
        for (const each of [first, process])
          await doomed(each)
            .rotate("api", { graceMs: MINUTE, hooks: hooksOf(each) })
            .catch(() => {});
        expect(await targetOf(storage)).toContain(markOf((await store.get("api")).expose()));
        await store.rotate("api", { graceMs: MINUTE, hooks: hooksOf(storage) }).catch(() => {});
        expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD, NEW]);
        expect(await targetOf(storage)).toEqual(marksOf(OLD, NEW));
      });
  });

  it("in expireGrace refuses the old version where it had returned, and the new one never", async () => {
    await everyDeath(async ({ process, storage }) => {
      const { doomed, store } = await begin("verify", storage);
      await store.rotate("api", { graceMs: MINUTE, value: NEW });
      const returned = await doomed(process)
        .expireGrace("api")
        .catch(() => undefined);
      const live = await accepted(store, "api", [OLD, NEW]);
      expect(live).toContain(NEW);
      if (returned !== undefined) expect(live).toEqual([NEW]);
      await store.expireGrace("api");
      expect(await accepted(store, "api", [OLD, NEW])).toEqual([NEW]);
    });
  });

  it("in the call that finds a window over never opens it again once that call has answered", async () => {
    await everyDeath(async ({ process, storage }) => {
      const { clock, store } = openStore(storage);
      await store.put("api", OLD, { kind: "verify" });
      const { previousExpiresAtMs = 0 } = await store.rotate("api", { graceMs: MINUTE, value: NEW });
      clock.setNow(previousExpiresAtMs);
      const late = createSecretStore({ ...process, clock });
      const answer = await late.verify("api", OLD).catch(() => undefined);
      expect(answer?.ok).not.toBe(true);
      clock.setNow(previousExpiresAtMs - 1);
      if (answer !== undefined) expect(await accepted(store, "api", [OLD, NEW])).toEqual([NEW]);
    });
  });

  it("in put leaves nothing, or the secret", async () => {
    const storage = createMemoryStorage();
    const { doomed, store } = await begin("use", storage);
    const error = new Error("dead");
    const died = createFaultyStorage(storage, { at: 1, effect: "kill-after", error });
    await expect(doomed(died).put("other", "value")).rejects.toBe(error);
    expect((await store.get("other")).expose()).toBe("value");
    const unborn = createFaultyStorage(storage, { at: 1, effect: "kill", error });
    await expect(doomed(unborn).put("third", "value")).rejects.toBe(error);
    await expect(store.get("third")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});
