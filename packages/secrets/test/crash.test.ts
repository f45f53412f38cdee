import type { SecretBackend } from "@keelson/core";
import { isKeelsonError } from "@keelson/core";
import { createSecretStore, type RotationHooks, type SecretKind, type SecretStore } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { interceptBackend } from "./support/intercept-backend.ts";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

const OLD = token("old");
const NEW = token("new");

/** A process that dies at its nth step, before or after it, and does nothing from then on. */
function mortal(dieAt: number, when: "before" | "after") {
  let steps = 0;
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Error("dead");
    const last = ++steps === dieAt;
    if (last && when === "before") dead = true;
    if (dead) throw new Error("dead");
    const result = await work();
    if (last) dead = true;
    if (dead) throw new Error("dead");
    return result;
  };
  return { step, died: () => dead, steps: () => steps };
}

type Process = ReturnType<typeof mortal>;

/** The other side of a rotation: accepts what it was told to. */
function hooksOf(target: Set<string>, { step }: Process): Required<RotationHooks> {
  return {
    create: () => step(async () => NEW),
    set: ({ candidate }) => step(async () => void target.add(candidate.expose())),
    test: ({ candidate }) => step(async () => target.has(candidate.expose())),
    finish: () => step(async () => {}),
    undo: ({ candidate }) => step(async () => void target.delete(candidate?.expose() ?? NEW)),
  };
}

function dying(backend: SecretBackend, { step }: Process): SecretBackend {
  return interceptBackend(backend, (_, call) => step(call));
}

interface World {
  readonly store: SecretStore;
  readonly target: Set<string>;
  /** A store of a process that will die. */
  doomed(process: Process): SecretStore;
}

async function begin(kind: SecretKind): Promise<World> {
  const { backend, clock, reopen, store } = openStore();
  await store.put("api", OLD, { kind });
  return {
    doomed: (process) => createSecretStore({ clock, secrets: dying(backend, process) }),
    target: new Set([OLD]),
    store: reopen(),
  };
}

const IMMORTAL = () => mortal(Number.POSITIVE_INFINITY, "before");

/** Runs a call once whole, then once for every step and side of it at which the process may die. */
async function everyDeath(run: (process: Process) => Promise<void>): Promise<number> {
  const whole = IMMORTAL();
  await run(whole);
  expect(whole.steps()).toBeGreaterThan(1);
  for (let dieAt = 1; dieAt <= whole.steps(); dieAt++)
    for (const when of ["before", "after"] as const) {
      const process = mortal(dieAt, when);
      await run(process);
      expect(process.died()).toBe(true);
    }
  return whole.steps();
}

describe("a crash", () => {
  it.each(["use", "verify"] as const)(
    "in a rotation without hooks leaves old or new, kind %s",
    async (kind) => {
      await everyDeath(async (process) => {
        const { doomed, store } = await begin(kind);
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
      await everyDeath(async (process) => {
        const { doomed, store, target } = await begin(kind);
        await doomed(process)
          .rotate("api", { graceMs: MINUTE, hooks: hooksOf(target, process) })
          .catch(() => {});
        const { current } = await store.status("api");
        const now = current === 1 ? OLD : NEW;
        expect(target).toContain(now);
        expect(await accepted(store, "api", [OLD])).toEqual([OLD]);
        expect((await store.verify("api", now)).ok).toBe(true);

        const again = await store
          .rotate("api", { graceMs: MINUTE, hooks: hooksOf(target, IMMORTAL()) })
          .catch((error: unknown) => error);
        if (current === 2) expect(isKeelsonError(again, "SECRET_GRACE_OPEN")).toBe(true);
        else expect(again).toMatchObject({ previous: 1, finished: true });
        const after = await store.status("api");
        expect(after.rotation).toBeUndefined();
        expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD, NEW]);
        expect(target).toEqual(new Set([OLD, NEW]));
      });
    },
  );

  it("in a rotation with a generated value leaves no candidate behind at the other side", async () => {
    await everyDeath(async (process) => {
      const { doomed, store, target } = await begin("use");
      const { create, ...hooks } = hooksOf(target, process);
      await doomed(process)
        .rotate("api", { graceMs: MINUTE, hooks })
        .catch(() => {});
      const { create: _, ...sound } = hooksOf(target, IMMORTAL());
      await store.rotate("api", { graceMs: MINUTE, hooks: sound }).catch(() => {});
      expect(target).toEqual(new Set([OLD, (await store.get("api")).expose()]));
    });
  });

  it("in a rotation that takes a candidate back leaves the old version, and nothing behind", async () => {
    await everyDeath(async (process) => {
      const { doomed, store, target } = await begin("use");
      const hooks = { ...hooksOf(target, process), test: () => false };
      const failing = doomed(process).rotate("api", { graceMs: MINUTE, hooks });
      await expect(failing).rejects.toThrow();
      expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD]);
      const sound = hooksOf(target, IMMORTAL());
      await store.rotate("api", { graceMs: MINUTE, value: token("third"), hooks: sound });
      expect(target).toEqual(new Set([OLD, token("third")]));
    });
  });

  it("in the call that takes up a crashed rotation is no worse than the first", async () => {
    for (let dieAt = 1; dieAt <= 8; dieAt++)
      await everyDeath(async (process) => {
        const { doomed, store, target } = await begin("use");
        const first = mortal(dieAt, "after");
        for (const each of [first, process])
          await doomed(each)
            .rotate("api", { graceMs: MINUTE, hooks: hooksOf(target, each) })
            .catch(() => {});
        expect(target).toContain((await store.get("api")).expose());
        await store.rotate("api", { graceMs: MINUTE, hooks: hooksOf(target, IMMORTAL()) }).catch(() => {});
        expect(await accepted(store, "api", [OLD, NEW])).toEqual([OLD, NEW]);
        expect(target).toEqual(new Set([OLD, NEW]));
      });
  });

  it("in expireGrace refuses the old version where it had returned, and the new one never", async () => {
    await everyDeath(async (process) => {
      const { doomed, store } = await begin("verify");
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
    await everyDeath(async (process) => {
      const { backend, clock, store } = openStore();
      await store.put("api", OLD, { kind: "verify" });
      const { previousExpiresAtMs = 0 } = await store.rotate("api", { graceMs: MINUTE, value: NEW });
      clock.setNow(previousExpiresAtMs);
      const late = createSecretStore({ clock, secrets: dying(backend, process) });
      const answer = await late.verify("api", OLD).catch(() => undefined);
      expect(answer?.ok).not.toBe(true);
      clock.setNow(previousExpiresAtMs - 1);
      if (answer !== undefined) expect(await accepted(store, "api", [OLD, NEW])).toEqual([NEW]);
    });
  });

  it("in put leaves nothing, or the secret", async () => {
    const died = mortal(1, "after");
    const { doomed, store } = await begin("use");
    await expect(doomed(died).put("other", "value")).rejects.toThrow("dead");
    expect((await store.get("other")).expose()).toBe("value");
    await expect(doomed(mortal(1, "before")).put("third", "value")).rejects.toThrow("dead");
    await expect(store.get("third")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});
