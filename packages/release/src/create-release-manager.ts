import {
  argumentInvalid,
  assertKey,
  assertObject,
  assertSpecVersion,
  scanState,
  systemClock,
} from "@keelson/core";
import { checkWhole } from "./check-argument.ts";
import type { Context } from "./context.ts";
import { createRamp } from "./create-ramp.ts";
import { rollbackTargetOf } from "./head.ts";
import { history } from "./history.ts";
import { createIndexMoves } from "./index-moves.ts";
import { createJournal } from "./journal.ts";
import { judgeCandidate } from "./judge-candidate.ts";
import { createKeys } from "./keys.ts";
import { openRouter } from "./open-router.ts";
import { promote } from "./promote.ts";
import { rampJudges } from "./ramp-judges.ts";
import { register } from "./register.ts";
import type { Release } from "./release.ts";
import type { ReleaseManager, ReleaseManagerOptions } from "./release-manager.ts";
import { createReleases } from "./releases.ts";
import { rollback } from "./rollback.ts";
import { createRouting } from "./routing.ts";
import { startRamp } from "./start-ramp.ts";
import { verifyAudit } from "./verify-audit.ts";

/**
 * Makes a release manager. Nothing is read or written until a method is called.
 *
 * @throws KeelsonError KEY_INVALID when the name is malformed, SPEC_VERSION_UNSUPPORTED when the runner was written
 * for another version of its interface, ARGUMENT_INVALID when there is no state, or two indexes have one name.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import type { EvalRunner } from "@keelson/core";
 * import { createReleaseManager, pointEstimate } from "@keelson/release";
 *
 * const evals: EvalRunner = {
 *   specVersion: 1,
 *   id: "shouting@1",
 *   run: (bundle, { expected }) => ({ score: bundle.prompt === expected ? 1 : 0 }),
 * };
 * const releases = createReleaseManager({ ...createMemoryStorage(), evals });
 * await releases.register("v1", { prompt: "Answer.", model: "small" });
 * await releases.register("v2", { prompt: "Answer in one sentence.", model: "small" });
 * await releases.promote("v1", { by: "ana", why: "first version" });
 *
 * const cases = [{ id: "q1", input: "Why?", expected: "Answer in one sentence." }];
 * const { promoted, live } = await releases.release("v2", { cases, gate: pointEstimate() });
 * console.log(promoted, live); // true v2
 * console.log((await releases.rollbackTarget())?.name); // v1
 * console.log((await releases.rollback({ by: "ana", why: "too terse" })).live); // v1
 * ```
 */
export function createReleaseManager(options: ReleaseManagerOptions): ReleaseManager {
  assertObject(options);
  const {
    state,
    evals,
    clock = systemClock,
    name = "default",
    indexes = [],
    rollbackWindow = 3,
    leaseMs = 30_000,
  } = options;
  assertKey(name, 256);
  if (typeof state !== "object" || state === null)
    throw argumentInvalid("state", "is missing: give one, or spread an opened storage");
  checkWhole("rollbackWindow", rollbackWindow, 1);
  checkWhole("leaseMs", leaseMs, 1);
  if (evals !== undefined) assertSpecVersion(evals, "EvalRunner");
  const keys = createKeys(name);
  const releases = createReleases(state, keys);
  const routing = createRouting(name, releases, clock, leaseMs);
  const journal = createJournal({ state, clock, keys, onHead: routing.follow });
  const indexMoves = createIndexMoves(name, indexes, releases);
  const context: Context = {
    name,
    state,
    evals,
    clock,
    keys,
    journal,
    releases,
    routing,
    indexMoves,
    rollbackWindow,
  };

  const readRelease = async (
    release: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Release | undefined> => {
    if (release === null) return undefined;
    const [found] = await releases.find([release], { signal });
    return found;
  };

  return {
    name,
    register: (release, bundle, given = {}) => register(context, release, bundle, given),

    async get(release, { signal } = {}) {
      signal?.throwIfAborted();
      assertKey(release, 256);
      const [entry] = await state.get([keys.release(release)], { signal });
      return entry && releases.read(entry);
    },

    async list({ signal } = {}) {
      signal?.throwIfAborted();
      const all: Release[] = [];
      for await (const entry of scanState(state, { prefix: keys.releases, signal })) {
        all.push(releases.read(entry));
      }
      return all;
    },

    async live({ signal } = {}) {
      const { head } = await journal.read([], { signal });
      return readRelease(head.live, signal);
    },

    async rollbackTarget({ signal } = {}) {
      const { head } = await journal.read([], { signal });
      return readRelease(rollbackTargetOf(head), signal);
    },

    canary: async (candidate, given) => (await judgeCandidate(context, candidate, given)).verdict,

    async release(candidate, given) {
      const { verdict, moves } = await judgeCandidate(context, candidate, given);
      const { by, why = verdict.reason, signal } = given;
      const { baseline } = verdict.evidence;
      if (verdict.verdict !== "promote") return { verdict, promoted: false, live: baseline.release };
      const { live } = await promote(context, candidate, { by, why, signal }, { moves });
      return { verdict, promoted: true, live };
    },

    promote: (release, given = {}) => promote(context, release, given),
    rollback: (given = {}) => rollback(context, given),

    async ramp(candidate, given = {}) {
      routing.start();
      const { ramp, judges } = await startRamp(context, candidate, given);
      return createRamp(context, judges, ramp);
    },

    async resumeRamp({ signal, ...given } = {}) {
      routing.start();
      const { head } = await journal.read([], { signal });
      if (head.ramp === null) return undefined;
      indexMoves.assertMovable(await releases.find([head.ramp.candidate], { signal }));
      return createRamp(context, rampJudges(head.ramp.settings, given), head.ramp);
    },

    router: (given = {}) => openRouter(context, leaseMs, given),

    history: (given = {}) => history(context, given),
    verifyAudit: (given = {}) => verifyAudit(context, given),
  };
}
