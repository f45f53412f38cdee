import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError, type StateStore } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AuditEvent,
  createReleaseManager,
  errorGuard,
  type RampOptions,
  type ReleaseManager,
} from "../src/index.ts";
import { bundleOf, requests, turns } from "./support.ts";

/** A store whose calls take effect, and answer, when the scheduler says so. The log tells in which order they did. */
function scheduled(state: StateStore, s: fc.Scheduler, who: string, log: string[]): StateStore {
  const around = async <T>(what: string, call: () => T | PromiseLike<T>): Promise<T> => {
    await s.schedule(Promise.resolve(), `${who} calls ${what}`);
    log.push(`${who} ${what}`);
    // What the call did is done now; only its answer waits.
    const answer = Promise.resolve(call());
    answer.catch(() => {});
    await s.schedule(Promise.resolve(), `${who} hears of ${what}`);
    return answer;
  };
  return {
    get: (keys, options) => around("get", () => state.get(keys, options)),
    scan: (options) => around("scan", () => state.scan(options)),
    commit: (changes, options) => around("commit", () => state.commit(changes, options)),
  };
}

interface World {
  /** A manager that is not scheduled. */
  readonly sound: ReleaseManager;
  /** The calls that took effect, in that order. */
  readonly log: readonly string[];
  manager(who: string): ReleaseManager;
}

async function world(s: fc.Scheduler): Promise<World> {
  const { state } = createMemoryStorage();
  const sound = createReleaseManager({ state });
  for (const name of ["v1", "v2", "v3"]) await sound.register(name, bundleOf(name));
  await sound.promote("v1");
  await sound.promote("v2");
  const log: string[] = [];
  return { sound, log, manager: (who) => createReleaseManager({ state: scheduled(state, s, who, log) }) };
}

/** What a call came to: a lost race is an answer, anything else is a fault. */
async function outcome<T>(call: Promise<T>): Promise<T | "lost"> {
  try {
    return await call;
  } catch (error) {
    if (isKeelsonError(error, "RELEASE_CONFLICT") || isKeelsonError(error, "RELEASE_STATE_INVALID"))
      return "lost";
    throw error;
  }
}

/** Replays the audit log: what is live, and what each move took the traffic from. */
function replay(events: readonly AuditEvent[]): string | undefined {
  let live: string | undefined;
  let ramp: string | undefined;
  for (const { type, release, previous } of events) {
    if (type === "promoted") {
      expect(previous).toBe(live);
      if (ramp !== undefined) expect(release).toBe(ramp);
      live = release;
      ramp = undefined;
    } else if (type === "rolledBack") {
      expect([live, ramp]).toContain(previous);
      live = release;
      ramp = undefined;
    } else if (type === "rampStarted") {
      expect(ramp).toBeUndefined();
      expect(previous).toBe(live);
      ramp = release;
    } else if (type === "rampBreached") {
      expect(release).toBe(ramp);
      ramp = undefined;
    } else if (type === "rampAdvanced") {
      expect(release).toBe(ramp);
    }
  }
  return live;
}

/** Breaks at the first error. */
const guards = [errorGuard({ alpha: 0.9 })];

describe("operators and workers at once", () => {
  it("lets a rollback beat every promotion that was decided before it landed", async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { sound, manager, log } = await world(s);
        const [promoted, rolled] = await s.waitFor(
          Promise.all([outcome(manager("promoter").promote("v3")), manager("operator").rollback()]),
        );
        const moves = (await sound.history({ after: 5 })).map(({ type }) => type);
        const live = (await sound.live())?.name;
        const decided = log.indexOf("promoter get");
        const alarmed = log.indexOf("operator get");
        seen.add(moves.join());
        if (promoted === "lost") {
          // Decided before the rollback landed, and too late.
          expect(decided).toBeLessThan(log.lastIndexOf("operator commit"));
          expect([moves, live]).toEqual([["rolledBack"], "v1"]);
        } else if (moves[0] === "promoted") {
          // It landed first: undone as well, and where the alarm was about v2, v2 does not come back.
          const target = alarmed < log.lastIndexOf("promoter commit") ? "v1" : "v2";
          expect([moves, live]).toEqual([["promoted", "rolledBack"], target]);
          expect(rolled).toEqual({ moved: true, live: target, from: "v3" });
        } else {
          // Decided in the knowledge of the rollback.
          expect(decided).toBeGreaterThan(log.lastIndexOf("operator commit"));
          expect([moves, live]).toEqual([["rolledBack", "promoted"], "v3"]);
        }
        expect((await sound.verifyAudit()).valid).toBe(true);
      }),
      { numRuns: 500 },
    );
    // All three endings came about, or the property has proven little.
    expect([...seen].sort()).toEqual(["promoted,rolledBack", "rolledBack", "rolledBack,promoted"]);
  });

  it("keeps one story whatever they do in whatever order", async () => {
    const act = fc.constantFrom<(m: ReleaseManager) => Promise<unknown>>(
      (m) => m.promote("v1"),
      (m) => m.promote("v3"),
      (m) => m.rollback(),
      (m) => m.rollback({ to: "v1" }),
      (m) =>
        m.ramp("v3", { stages: [{ share: 0.5, margin: 0.98 }], minRequests: 2, guards, guardAlpha: 0.9 }),
      async (m) => (await m.resumeRamp({ guards }))?.observe(turns(2, { names: ["v2", "v3"] })),
      async (m) =>
        (await m.resumeRamp({ guards }))?.observe(
          turns(2, { names: ["v2", "v3"], candidate: { error: true } }, "bad"),
        ),
      (m) => m.register("v4", bundleOf("v4")),
    );
    const operator = fc.array(act, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(operator, { minLength: 2, maxLength: 3 }),
        async (s, operators) => {
          const { sound, manager } = await world(s);
          const lives = operators.map(async (acts, i) => {
            for (const [n, each] of acts.entries()) await outcome(each(manager(`operator ${i}.${n}`)));
          });
          await s.waitFor(Promise.all(lives));
          expect(await sound.verifyAudit()).toMatchObject({ valid: true });
          expect(replay(await sound.history())).toBe((await sound.live())?.name);
          const ramp = await sound.resumeRamp({ guards });
          const status = await ramp?.status();
          expect(status?.exposed ?? 0).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes a router to the newest state whatever it hears first, so that none serves a candidate rolled back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { sound, manager } = await world(s);
        const plan: RampOptions = { stages: [0.5, 0.999999], minRequests: 1, guards, guardAlpha: 0.9 };
        await sound.ramp("v3", plan);
        const workers = [manager("worker 0"), manager("worker 1")];
        const ramps = await s.waitFor(Promise.all(workers.map((worker) => worker.resumeRamp({ guards }))));
        const lives = ramps.map(async (ramp, w) => {
          for (let i = 0; i < 2; i++) {
            await ramp?.observe([
              ...requests("v2", 1, {}, `b${w}${i}`),
              ...requests("v3", 1, {}, `c${w}${i}`),
            ]);
          }
        });
        const rolling = manager("operator").rollback({ to: "v1" });
        await s.waitFor(Promise.all([...lives, rolling]));
        expect((await sound.live())?.name).toBe("v1");
        // Every worker's next contact with the record is enough.
        for (const ramp of ramps) {
          await s.waitFor(Promise.resolve(ramp?.status()));
          expect(ramp?.assign("user").release).toBe("v1");
        }
      }),
      { numRuns: 150 },
    );
  });
});
