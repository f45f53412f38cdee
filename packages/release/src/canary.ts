import {
  type AbortOptions,
  type AnyIterable,
  assertJson,
  assertUniqueIds,
  type EvalCase,
  type EvalRunner,
  type Json,
} from "@keelson/core";
import { collectEvidence } from "./canary-evidence.ts";
import { checkShare, checkWhole } from "./check-argument.ts";
import type { Gate, GateDecision } from "./gate.ts";
import { pairedRuns } from "./paired-runs.ts";
import { pointEstimate } from "./point-estimate.ts";
import type { Release } from "./release.ts";
import type { Verdict } from "./verdict.ts";

/** How far a canary has come. */
export type CanaryProgress =
  /** It starts, with so many cases. */
  | { readonly type: "start"; readonly cases: number }
  /** One more case is done: `done` of `cases`, `scored` of them on both sides. */
  | { readonly type: "progress"; readonly done: number; readonly cases: number; readonly scored: number }
  /** It has come to its verdict. */
  | { readonly type: "end"; readonly verdict: Verdict };

/** What {@link ReleaseManager.canary} takes. */
export interface CanaryOptions extends AbortOptions {
  /** What to ask both sides. Ids are unique. Read whole before the first case runs. */
  readonly cases: AnyIterable<EvalCase>;
  /** What decides. Default: {@link pointEstimate} with a tolerance of 0. */
  // biome-ignore lint/suspicious/noExplicitAny: a gate's state is its own affair
  readonly gate?: Gate<any> | undefined;
  /** How many cases run at once, each on both sides. Default 4. */
  readonly concurrency?: number | undefined;
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

/** Runs both releases on the cases and judges; writes nothing. */
export async function runCanary(
  evals: EvalRunner,
  candidate: Release,
  baseline: Release,
  options: CanaryOptions,
): Promise<Verdict> {
  const { gate = pointEstimate(), concurrency = 4, maxMissing = 0.5, onProgress, signal } = options;
  checkWhole("concurrency", concurrency, 1);
  checkShare("maxMissing", maxMissing);
  const cases = await readCases(options.cases, signal);
  onProgress?.({ type: "start", cases: cases.length });

  const collector = collectEvidence(candidate, baseline);
  let state: Json = gate.init();
  let done = 0;
  let scored = 0;
  let decision: GateDecision | undefined = gate.decide(state, { done: false, cases: 0, scored: 0 });
  const runs = pairedRuns({
    evals,
    candidate: candidate.bundle,
    baseline: baseline.bundle,
    cases: decision === undefined ? cases : [],
    concurrency,
    signal,
  });
  for await (const run of runs) {
    done++;
    if (collector.add(run)) {
      scored++;
      const scores = { candidate: run.candidate.score as number, baseline: run.baseline.score as number };
      state = gate.push(state, { caseId: run.caseId, ...scores });
    }
    onProgress?.({ type: "progress", done, cases: cases.length, scored });
    decision = gate.decide(state, { done: false, cases: done, scored });
    if (decision !== undefined) break;
  }
  decision ??= gate.decide(state, { done: true, cases: done, scored });
  decision ??= { verdict: "hold", reason: `the gate ${gate.id} did not decide` };
  if (decision.verdict === "promote" && done - scored > maxMissing * done) {
    const missing = `${done - scored} of ${done} cases have no score on both sides`;
    decision = { ...decision, verdict: "hold", reason: `${missing}; ${decision.reason}` };
  }

  const verdict: Verdict = {
    verdict: decision.verdict,
    reason: decision.reason,
    evidence: {
      ...collector.evidence(),
      evals: evals.id,
      gate: { id: gate.id, report: decision.report ?? {} },
    },
  };
  onProgress?.({ type: "end", verdict });
  return verdict;
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
