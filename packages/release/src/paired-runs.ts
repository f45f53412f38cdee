import {
  type AbortOptions,
  assertObject,
  type Bundle,
  type EvalCase,
  type EvalResult,
  type EvalRunner,
  orAbort,
} from "@keelson/core";
import { checkAmount, checkError, checkShare } from "./check-argument.ts";
import type { Comparison, Sample } from "./guard.ts";

/** One case as both sides ran it, each as often as it was to be repeated. */
export interface PairedRun extends Comparison {
  readonly caseId: string;
}

/** What {@link pairedRuns} takes. */
export interface PairedRunsOptions extends AbortOptions {
  readonly evals: EvalRunner;
  readonly candidate: Bundle;
  readonly baseline: Bundle;
  readonly cases: readonly EvalCase[];
  /** How often each side runs a case. */
  readonly repeats: number;
  /** How many cases run at once. */
  readonly concurrency: number;
}

// How many cases, as a multiple of those that run at once, may be under way or wait for their turn: a slow one holds up
// few others, and a verdict that comes early finds little done in vain.
const AHEAD = 2;

/**
 * Runs both bundles on every case and yields the pairs in the order of the cases, whatever order they finish in.
 * Leaving the loop, like an abort, ends what is in flight.
 */
export async function* pairedRuns(options: PairedRunsOptions): AsyncGenerator<PairedRun> {
  const { cases, concurrency } = options;
  const leaving = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, leaving.signal]) : leaving.signal;
  const pairs: Promise<PairedRun>[] = [];
  let running = 0;
  let taken = 0;

  const startMore = (): void => {
    while (running < concurrency && pairs.length < Math.min(cases.length, taken + AHEAD * concurrency)) {
      if (signal.aborted) return;
      const pair = runPair(options, cases[pairs.length] as EvalCase, signal);
      running++;
      const settled = (): void => {
        running--;
        startMore();
      };
      // Handled here too: its turn to be awaited below may never come.
      pair.then(settled, settled);
      pairs.push(pair);
    }
  };

  try {
    for (; taken < cases.length; taken++) {
      startMore();
      signal.throwIfAborted();
      yield await (pairs[taken] as Promise<PairedRun>);
    }
  } finally {
    leaving.abort();
  }
}

async function runPair(
  { evals, repeats, ...bundles }: PairedRunsOptions,
  evalCase: EvalCase,
  signal: AbortSignal,
): Promise<PairedRun> {
  const candidate: Sample[] = [];
  const baseline: Sample[] = [];
  for (let i = 0; i < repeats; i++) {
    const [ofCandidate, ofBaseline] = await Promise.all([
      runCase(evals, bundles.candidate, evalCase, signal),
      runCase(evals, bundles.baseline, evalCase, signal),
    ]);
    candidate.push(ofCandidate);
    baseline.push(ofBaseline);
  }
  return { caseId: evalCase.id, candidate, baseline };
}

async function runCase(
  evals: EvalRunner,
  bundle: Bundle,
  evalCase: EvalCase,
  signal: AbortSignal,
): Promise<Sample> {
  signal.throwIfAborted();
  const answer: unknown = await settle(() => evals.run(bundle, evalCase, { signal }), signal);
  // A score of 85, say: to count it as missing would hide that nothing is measured.
  const where = `of ${evals.id} on case ${evalCase.id}`;
  assertObject(answer, `answer ${where}`);
  const { score, latencyMs, costUsd, error } = answer as EvalResult;
  if (score !== null) checkShare(`score ${where}`, score);
  if (latencyMs !== undefined) checkAmount(`latencyMs ${where}`, latencyMs);
  if (costUsd !== undefined) checkAmount(`costUsd ${where}`, costUsd);
  checkError(`error ${where}`, error);
  return {
    score,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(costUsd === undefined ? {} : { costUsd }),
    error: error !== undefined,
  };
}

/** The runner's answer; a rejection is an error without a score, and an abort ends the wait at once. */
async function settle(run: () => ReturnType<EvalRunner["run"]>, signal: AbortSignal): Promise<EvalResult> {
  try {
    return await orAbort(Promise.resolve(run()), signal);
  } catch {
    signal.throwIfAborted();
    return { score: null, error: "rejected" };
  }
}

/** A side's score on a case: the mean of the repeats that have one, `null` where none has. */
export function scoreOf(samples: readonly Sample[]): number | null {
  const scores = samples.map(({ score }) => score ?? null).filter((score) => score !== null);
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
