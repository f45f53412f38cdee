import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError, type Json, type StateChange, type StateStore } from "@keelson/core";
import {
  type AuditEvent,
  createReleaseManager,
  errorGuard,
  type Observation,
  type RampOptions,
  type ReleaseManager,
} from "../src/index.ts";
import { createRandom, type Random } from "../src/random.ts";
import { bundleOf, dump, fakeIndex } from "./support.ts";

/** What came of one interleaving. */
export interface Outcome {
  /** What should never be, in words. */
  readonly violations: readonly string[];
  /** The types of the events that came about, and `crash`, `lost` and `commit` as often as they did. */
  readonly seen: readonly string[];
}

/** Something that an operator or worker does, again after a crash. */
interface Act {
  readonly kind: string;
  /** Does it; what it decides on by itself it keeps, so that doing it again is doing the same. */
  run(manager: ReleaseManager): Promise<unknown>;
  /** Does on a record that nobody else writes what it did when it landed. */
  replay(manager: ReleaseManager, landed: Landed): Promise<unknown>;
}

/** A commit that took place, and what it left live. */
interface Landed {
  readonly act: Act;
  readonly live: string;
}

/** One life of an actor, between two crashes. */
interface Process {
  dead: boolean;
  readonly manager: ReleaseManager;
}

interface Waiting {
  readonly process: Process;
  readonly actor: number;
  go(): void;
}

const HEAD = "release/default/head";
const TYPES = ["promoted", "rolledBack", "rampBreached"];
const guards = [errorGuard({ alpha: 0.9 })];
const judges = { guards };
const names = ["v1", "v2", "v3", "v4"];

/**
 * Lets operators and workers act at once on one record, with every call to the store taking effect, and answering, in
 * an order drawn from the seed, and with crashes in between. Then does what landed again, in the order it landed, on a
 * record that nobody else writes: the two must be equal to the last bit.
 */
export async function interleave(seed: number): Promise<Outcome> {
  const random = createRandom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const clock = createManualClock();
  const { state } = createMemoryStorage();
  const violations: string[] = [];
  const seen: string[] = [];
  const landed: Landed[] = [];
  const moves: { sequence: number; type: string }[] = [];
  let waiting: Waiting[] = [];

  await prepare(state, clock);

  const checkRecord = async (): Promise<void> => {
    const head = await headOf(state);
    const docs = fakeIndex(state);
    const live = await docs.live();
    if (`v${live}` !== head.live) violations.push(`${head.live} is live with generation ${live}`);
    const kept = [head.live, ...head.recent, ...(head.ramp === null ? [] : [head.ramp.candidate])];
    const expected = [...new Set(kept)].map((name) => `generation/${name.slice(1)}`).sort();
    const pinned = await docs.pinned();
    if (pinned.join() !== expected.join())
      violations.push(`${pinned.join()} is pinned, not ${expected.join()}`);
  };

  /** The store as one process has it. */
  const storeOf = (process: () => Process, actor: number, act: () => Act): StateStore => {
    let readAt = 0;
    let ofAct: Act | undefined;
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        if (!process().dead) waiting.push({ process: process(), actor, go: resolve });
      });
    const around = async <T>(call: () => T | PromiseLike<T>): Promise<T> => {
      await turn();
      const answer = Promise.resolve(call());
      answer.catch(() => {});
      await answer.catch(() => {});
      await turn();
      return answer;
    };
    return {
      get: (keys, options) =>
        around(async () => {
          const entries = await state.get(keys, options);
          if (keys[0] === HEAD && ofAct !== act()) {
            ofAct = act();
            readAt = (entries[0]?.value as { audit: { sequence: number } } | undefined)?.audit.sequence ?? 0;
          }
          return entries;
        }),
      scan: (options) => around(() => state.scan(options)),
      commit: (changes, options) =>
        around(async () => {
          const commit = await state.commit(changes, options);
          if (!changes.some(({ key }) => key === HEAD)) return commit;
          seen.push("commit");
          landed.push({ act: act(), live: (await headOf(state)).live });
          const events = eventsOf(changes);
          moves.push(...events);
          seen.push(...events.map(({ type }) => type));
          // A promotion that was decided before traffic was taken back must not land after it.
          if (act().kind === "promote") {
            const last = events.at(-1)?.sequence ?? 0;
            const between = moves.filter(({ sequence }) => sequence > readAt && sequence < last);
            if (between.some(({ type }) => TYPES.includes(type)))
              violations.push("a promotion beat a rollback");
          }
          await checkRecord();
          return commit;
        }),
    };
  };

  // In every other world nobody but a ramp's own people acts, or few ramps would come far.
  const ofRamp = random() < 0.5;
  const actors = Array.from({ length: 3 + Math.floor(random() * 2) }, (_, actor) =>
    Array.from({ length: (ofRamp ? 3 : 1) + Math.floor(random() * 4) }, (_, i) =>
      drawAct(random, pick, seen, ofRamp ? (actor + i === 0 ? "start" : "ramp") : "any"),
    ),
  );

  const live = (actor: number, from: number): void => {
    const acts = actors[actor] as Act[];
    let current = acts[from] as Act;
    const process: Process = {
      dead: false,
      get manager() {
        return manager;
      },
    };
    const store = storeOf(
      () => process,
      actor,
      () => current,
    );
    const manager = createReleaseManager({
      state: store,
      clock,
      indexes: [fakeIndex(store)],
      rollbackWindow: 1,
    });
    const lives = async (): Promise<void> => {
      for (let i = from; i < acts.length; i++) {
        current = acts[i] as Act;
        at[actor] = i;
        try {
          await current.run(manager);
        } catch (error) {
          if (isKeelsonError(error, "RELEASE_CONFLICT") || isKeelsonError(error, "RELEASE_STATE_INVALID")) {
            seen.push("lost");
          } else {
            violations.push(`${current.kind}: ${String(error)}`);
          }
        }
      }
      at[actor] = acts.length;
    };
    void lives();
  };
  const at = actors.map(() => 0);
  for (const actor of actors.keys()) live(actor, 0);

  let crashes = 0;
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (waiting.length === 0) break;
    const chosen = pick(waiting);
    if (crashes < 2 && random() < 0.02) {
      crashes++;
      seen.push("crash");
      chosen.process.dead = true;
      waiting = waiting.filter(({ process }) => process !== chosen.process);
      live(chosen.actor, at[chosen.actor] as number);
    } else {
      waiting.splice(waiting.indexOf(chosen), 1);
      chosen.go();
    }
  }

  await checkEnd({ state, clock, landed, violations });
  return { violations, seen };
}

/** What the checks need of the record. */
interface HeadShape {
  readonly live: string;
  readonly recent: readonly string[];
  readonly ramp: { readonly id: string; readonly candidate: string } | null;
}

async function headOf(state: StateStore): Promise<HeadShape> {
  const [entry] = await state.get([HEAD]);
  return entry?.value as unknown as HeadShape;
}

async function prepare(state: StateStore, clock: ReturnType<typeof createManualClock>): Promise<void> {
  const docs = fakeIndex(state);
  const manager = createReleaseManager({ state, clock, indexes: [docs], rollbackWindow: 1 });
  for (const name of names) {
    const generation = Number(name.slice(1));
    await docs.add({ generation });
    await manager.register(name, { ...bundleOf(name), index: { name: "docs", generation } });
  }
  await manager.promote("v1");
  await manager.promote("v2");
}

function drawAct(
  random: Random,
  pick: <T>(of: readonly T[]) => T,
  seen: string[],
  of: "start" | "ramp" | "any",
): Act {
  const number = Math.floor(random() * 1e6);
  const by = `actor-${number % 7}`;
  const simple = (kind: string, run: (m: ReleaseManager) => Promise<unknown>): Act => ({
    kind,
    run,
    replay: run,
  });
  const steer = (kind: "pause" | "resume"): Act =>
    simple(kind, async (m) => (await m.resumeRamp(judges))?.[kind]({ by }));
  const rollback = (to?: string): Act => ({
    kind: "rollback",
    run: (m) => m.rollback({ to, by }),
    // What it goes to is decided when it begins.
    replay: (m, { live }) => m.rollback({ to: live, by }),
  });
  const ramp = (candidate: string): Act => {
    const stages = [
      { share: 0.45, margin: 0.9, approvals: number % 2 },
      { share: 0.5, margin: 0.9, approvals: number % 2 },
    ];
    const plan: RampOptions = { stages, minRequests: 2, guards, guardAlpha: 0.95, by };
    return simple("ramp", (m) => m.ramp(candidate, plan));
  };
  const observe = (): Act => {
    const worst = random() < 0.2;
    const scored = random() < 0.7;
    const first = Math.floor(random() * 40);
    let batch: Observation[] | undefined;
    return {
      kind: "observe",
      async run(m) {
        const handle = await m.resumeRamp(judges);
        if (handle === undefined) return;
        batch ??= Array.from({ length: 12 }, (_, i) => {
          const key = `user-${first + i}`;
          const { release, stage, variant } = handle.assign(key);
          const bad = worst && variant === "candidate";
          const score = scored ? (bad ? 0 : 0.7 + (i % 3) / 10) : undefined;
          return { id: `${stage}-${first + i}`, key, release, stage, score, error: bad };
        });
        const { completed } = await handle.observe(batch);
        if (completed > 0) seen.push("completed");
        const { state } = await handle.status();
        // Whoever has looked at the record after the end sends nobody to the candidate.
        const served = handle.assign("user-1").variant === "candidate";
        if (state !== "running" && served && (await m.resumeRamp(judges)) === undefined) {
          throw new Error("a candidate is served without a ramp");
        }
      },
      replay: async (m) => (await m.resumeRamp(judges))?.observe(batch ?? []),
    };
  };
  const approve = (): Act => {
    let evidence: string | undefined;
    return {
      kind: "approve",
      async run(m) {
        const handle = await m.resumeRamp(judges);
        evidence ??= (await handle?.status())?.approval?.evidence;
        if (evidence !== undefined) await handle?.approve({ by, evidence });
      },
      replay: async (m) => (await m.resumeRamp(judges))?.approve({ by, evidence: evidence ?? "" }),
    };
  };
  const pauseOrResume = (): Act => steer(random() < 0.5 ? "pause" : "resume");
  if (of === "start") return ramp("v3");
  if (of === "ramp") {
    return pick([() => ramp("v3"), observe, observe, observe, observe, approve, approve, pauseOrResume])();
  }
  const draws: (() => Act)[] = [
    () => simple("promote", (m) => m.promote(pickOnce, { by })),
    () => rollback(),
    () => rollback(pick(["v1", "v2"])),
    () => ramp(pick(["v3", "v4"])),
    () => ramp("v3"),
    observe,
    observe,
    observe,
    observe,
    approve,
    approve,
    () => steer("pause"),
    () => steer("resume"),
    () => steer("resume"),
    () => steer("resume"),
    () => steer("resume"),
    () => simple("register", (m) => m.register(`extra-${number % 3}`, bundleOf("extra"), { by })),
  ];
  const pickOnce = pick(names);
  return pick(draws)();
}

async function checkEnd({
  state,
  clock,
  landed,
  violations,
}: {
  state: StateStore;
  clock: ReturnType<typeof createManualClock>;
  landed: readonly Landed[];
  violations: string[];
}): Promise<void> {
  const { valid, fault } = await createReleaseManager({ state, clock }).verifyAudit();
  if (!valid) violations.push(`the audit log is broken: ${JSON.stringify(fault)}`);

  const { state: model } = createMemoryStorage();
  await prepare(model, clock);
  for (const commit of landed) {
    const manager = createReleaseManager({
      state: model,
      clock,
      indexes: [fakeIndex(model)],
      rollbackWindow: 1,
    });
    try {
      await commit.act.replay(manager, commit);
    } catch (error) {
      violations.push(`${commit.act.kind} landed, but is refused when nobody else acts: ${String(error)}`);
    }
  }
  const [actual, expected] = [await record(state), await record(model)];
  for (const key of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    if (JSON.stringify(actual[key]) !== JSON.stringify(expected[key])) {
      violations.push(`${key} is not what the same steps give one after the other`);
    }
  }
}

/** All that is stored, but what an earlier ramp remembered of its requests: when that is cleared away is open. */
async function record(state: StateStore): Promise<Record<string, Json>> {
  const all = await dump(state);
  const ramp = (await headOf(state)).ramp?.id;
  const entries = Object.entries(all).filter(
    ([key]) => !key.startsWith("release/default/seen/") || key.startsWith(`release/default/seen/${ramp}/`),
  );
  return Object.fromEntries(entries);
}

function eventsOf(changes: readonly StateChange[]): AuditEvent[] {
  return changes.flatMap((change) =>
    change.key.includes("/audit/") && "value" in change ? [change.value as unknown as AuditEvent] : [],
  );
}
