import {
  type AbortOptions,
  type AnyIterable,
  argumentInvalid,
  assertJson,
  assertUniqueIds,
  type EvalCase,
  type EvalRunner,
} from "@keelson/core";
import { errorGuard, missingGuard } from "./answer-guards.ts";
import { costOf } from "./canary-evidence.ts";
import { type CanaryJudge, createCanaryJudge } from "./canary-judge.ts";
import type { CanaryLedger } from "./canary-ledger.ts";
import { checkAmount, checkShare, checkWhole } from "./check-argument.ts";
import type { Gate, GateDecision, GateEvidence } from "./gate.ts";
import type { Guard } from "./guard.ts";
import { createGuardSet } from "./guard-set.ts";
import { pairedRuns } from "./paired-runs.ts";
import { createRandom, shuffled } from "./random.ts";
import type { Release } from "./release.ts";
import { seedOf } from "./routing.ts";
import { sequential } from "./sequential.ts";
import type { Verdict } from "./verdict.ts";

/** How far a canary has come. */
export type CanaryProgress =
  /** It starts, with so many cases to run. So many others count that an earlier call has scored. */
  | { readonly type: "start"; readonly cases: number; readonly earlierCases: number }
  /** One more case is done: `done` of `cases`. */
  | {
      readonly type: "progress";
      readonly done: number;
      readonly cases: number;
      /** The pairs so far, with those of earlier calls. */
      readonly scored: number;
      /** The candidate's mean minus the baseline's; 0 without a pair. */
      readonly delta: number;
      /** What this call's answers have cost in US dollars. */
      readonly costUsd: number;
      readonly evidence: GateEvidence;
    }
  /** It has come to its verdict. */
  | { readonly type: "end"; readonly verdict: Verdict };

/** How much a canary may take. Once it is used up, the verdict is `hold` unless it was decided before. */
export interface CanaryBudget {
  /** What both sides' answers may cost in US dollars. Cases that are in flight when it is reached come on top. */
  readonly maxCostUsd?: number | undefined;
  /** How many cases may be run. */
  readonly maxCases?: number | undefined;
}

/** What {@link ReleaseManager.canary} takes. */
export interface CanaryOptions extends AbortOptions {
  /**
   * What to ask both sides. Ids are unique, and a case that changes gets another. Read whole before the first case
   * runs.
   */
  readonly cases: AnyIterable<EvalCase>;
  /** What decides. Default: {@link sequential} with its defaults. */
  // biome-ignore lint/suspicious/noExplicitAny: a gate's state is its own affair
  readonly gate?: Gate<any> | undefined;
  /** What must not get worse beside it. Default: {@link errorGuard} and {@link missingGuard}. */
  // biome-ignore lint/suspicious/noExplicitAny: a guard's state is its own affair
  readonly guards?: readonly Guard<any>[] | undefined;
  /** The probability that any of the guards raises a false alarm, above 0 and below 1. Default 0.05. */
  readonly guardAlpha?: number | undefined;
  /** How much it may take. Default: as much as the cases do. */
  readonly budget?: CanaryBudget | undefined;
  /** How many cases run at once, each on both sides. Default 4. */
  readonly concurrency?: number | undefined;
  /** How often each side runs a case. Scores are averaged before they count: the case is what evidence is counted in. Default 1. */
  readonly repeats?: number | undefined;
  /** What the cases are shuffled by: 0 up to 2^32 - 1. Default: taken from the candidate's bundle id. */
  readonly seed?: number | undefined;
  /**
   * The largest share of cases without a score on both sides, 0..1, that a promotion may stand on: above it
   * `promote` becomes `hold`. Without it a candidate that fails on all but its best answers would pass. Default 0.5.
   */
  readonly maxMissing?: number | undefined;
  /** Told of the run as it goes. What it throws ends the canary. */
  readonly onProgress?: ((progress: CanaryProgress) => void) | undefined;
  /** Who asked for it, for the audit log. */
  readonly by?: string | undefined;
}

/** What {@link runCanary} compares. */
export interface CanarySubject {
  readonly evals: EvalRunner;
  readonly candidate: Release;
  readonly baseline: Release;
  readonly ledger: CanaryLedger;
}

/** Runs both releases on the cases that the ledger has not scored, adds them to it, and judges all. */
export async function runCanary(
  { evals, candidate, baseline, ledger }: CanarySubject,
  options: CanaryOptions,
): Promise<Verdict> {
  const settings = canarySettings(options, candidate);
  const { gate, guards, budget, concurrency, repeats, seed, maxMissing } = settings;
  const { onProgress, signal } = options;
  const cases = shuffled(await readCases(options.cases, signal), createRandom(seed));

  const judge = createCanaryJudge(gate, guards);
  const { collected } = judge;
  let decision = judge.decide(false);
  for (const run of await ledger.read({ signal })) {
    if (decision !== undefined) break;
    judge.push(run);
    decision = judge.decide(false);
  }
  const earlierCases = collected.cases;
  const unscored = cases.filter(({ id }) => !collected.hasScored(id));
  const affordable = budget.maxCostUsd > 0 ? unscored.slice(0, budget.maxCases) : [];
  onProgress?.({ type: "start", cases: affordable.length, earlierCases });

  let done = 0;
  let costUsd = 0;
  const toRun = decision === undefined ? affordable : [];
  const bundles = { candidate: candidate.bundle, baseline: baseline.bundle };
  for await (const run of pairedRuns({ evals, ...bundles, cases: toRun, repeats, concurrency, signal })) {
    done++;
    costUsd += costOf(run.candidate) + costOf(run.baseline);
    // Scored meanwhile by another canary of the same candidate: it would count twice.
    const entries = collected.hasScored(run.caseId) ? [] : await ledger.append(run, { signal });
    for (const entry of entries) {
      if (decision !== undefined) break;
      judge.push(entry);
      decision = judge.decide(false);
    }
    const { delta, pairs } = collected;
    const progress = { done, cases: affordable.length, scored: pairs.length, delta, costUsd };
    onProgress?.({ type: "progress", ...progress, evidence: judge.evidence() });
    if (decision !== undefined || costUsd >= budget.maxCostUsd) break;
  }

  const left = unscored.length - done;
  decision ??= lastWord(
    judge,
    left > 0 ? `the budget is spent after ${done} of ${unscored.length} cases` : "",
  );
  const { verdict, reason, report = {} } = refuseMissing(decision, judge, maxMissing, gate);
  const { morePairs, ...evidence } = judge.evidence();
  const runsPerCase = 2 * repeats;
  const result: Verdict = {
    verdict,
    reason,
    evidence: {
      ...collected.evidence(candidate, baseline),
      ...evidence,
      moreCases: morePairs === null ? null : Math.ceil(morePairs * casesPerPair(judge)),
      guards: judge.guardReports(),
      spend: {
        costUsd,
        runs: done * runsPerCase,
        savedRuns: left * runsPerCase,
        earlierCases,
      },
      seed,
      evals: evals.id,
      gate: { id: gate.id, report },
    },
    course: judge.course(),
    pairs: [...collected.pairs],
  };
  onProgress?.({ type: "end", verdict: result });
  return result;
}

/** Of so many cases one is scored on both sides, by what has been seen. */
function casesPerPair({ collected: { cases, pairs } }: CanaryJudge): number {
  return pairs.length === 0 ? 1 : cases / pairs.length;
}

function canarySettings(options: CanaryOptions, candidate: Release) {
  const { gate = sequential(), guards = [errorGuard(), missingGuard()], guardAlpha = 0.05 } = options;
  const { concurrency = 4, repeats = 1, maxMissing = 0.5, seed = seedOf(candidate.bundleId) } = options;
  const { maxCostUsd, maxCases } = options.budget ?? {};
  checkWhole("concurrency", concurrency, 1);
  checkWhole("repeats", repeats, 1);
  checkShare("maxMissing", maxMissing);
  checkWhole("seed", seed, 0);
  if (seed >= 2 ** 32) throw argumentInvalid("seed", `is ${seed}, expected less than 2^32`);
  if (maxCostUsd !== undefined) checkAmount("maxCostUsd", maxCostUsd);
  if (maxCases !== undefined) checkWhole("maxCases", maxCases, 0);
  return {
    gate: gate as Gate,
    guards: createGuardSet(guards, guardAlpha),
    budget: { maxCostUsd: maxCostUsd ?? Number.POSITIVE_INFINITY, maxCases },
    concurrency,
    repeats,
    seed,
    maxMissing,
  };
}

/** What the gate says when there are no more cases. On half of them it may not promote, nor take out. */
function lastWord(judge: CanaryJudge, stopped: string): GateDecision | undefined {
  const decision = judge.decide(true);
  if (stopped === "") return decision;
  const reason = decision === undefined ? stopped : `${stopped}; ${decision.reason}`;
  return { ...decision, verdict: "hold", reason };
}

/** A promotion that too few of the cases speak for becomes a hold; so does a gate's silence. */
function refuseMissing(
  decision: GateDecision | undefined,
  { collected }: CanaryJudge,
  maxMissing: number,
  { id }: Gate,
): GateDecision {
  if (decision === undefined) return { verdict: "hold", reason: `the gate ${id} did not decide` };
  const { cases, pairs } = collected;
  const missing = cases - pairs.length;
  if (decision.verdict !== "promote" || missing <= maxMissing * cases) return decision;
  const reason = `${missing} of ${cases} cases have no score on both sides; ${decision.reason}`;
  return { ...decision, verdict: "hold", reason };
}

async function readCases(
  source: AnyIterable<EvalCase>,
  signal: AbortSignal | undefined,
): Promise<EvalCase[]> {
  const cases: EvalCase[] = [];
  for await (const evalCase of source) {
    signal?.throwIfAborted();
    assertJson(evalCase.input);
    cases.push(evalCase);
  }
  assertUniqueIds(cases.map(({ id }) => id));
  return cases;
}
