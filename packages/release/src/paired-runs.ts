import type { AbortOptions, Bundle, EvalCase, EvalResult, EvalRunner } from "@keelson/core";
import { checkAmount, checkShare } from "./check-argument.ts";

/** One case as both sides ran it. */
export interface PairedRun {
  readonly caseId: string;
  readonly candidate: EvalResult;
  readonly baseline: EvalResult;
}

/** What {@link pairedRuns} takes. */
export interface PairedRunsOptions extends AbortOptions {
  readonly evals: EvalRunner;
  readonly candidate: Bundle;
  readonly baseline: Bundle;
  readonly cases: readonly EvalCase[];
  /** How many cases run at once. */
  readonly concurrency: number;
}

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

  const startMore = (): void => {
    while (running < concurrency && pairs.length < cases.length && !signal.aborted) {
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
    startMore();
    for (let i = 0; i < cases.length; i++) {
      signal.throwIfAborted();
      yield await (pairs[i] as Promise<PairedRun>);
    }
  } finally {
    leaving.abort();
  }
}

async function runPair(
  { evals, ...bundles }: PairedRunsOptions,
  evalCase: EvalCase,
  signal: AbortSignal,
): Promise<PairedRun> {
  const [candidate, baseline] = await Promise.all([
    runCase(evals, bundles.candidate, evalCase, signal),
    runCase(evals, bundles.baseline, evalCase, signal),
  ]);
  return { caseId: evalCase.id, candidate, baseline };
}

async function runCase(
  evals: EvalRunner,
  bundle: Bundle,
  evalCase: EvalCase,
  signal: AbortSignal,
): Promise<EvalResult> {
  signal.throwIfAborted();
  const result = await settle(() => evals.run(bundle, evalCase, { signal }), signal);
  const { score, latencyMs = 0, costUsd = 0 } = result;
  // A score of 85, say: to count it as missing would hide that nothing is measured.
  const where = `of ${evals.id} on case ${evalCase.id}`;
  if (score !== null) checkShare(`score ${where}`, score);
  checkAmount(`latencyMs ${where}`, latencyMs);
  checkAmount(`costUsd ${where}`, costUsd);
  return result;
}

/** The runner's answer; a rejection is an error without a score, and an abort ends the wait at once. */
async function settle(run: () => ReturnType<EvalRunner["run"]>, signal: AbortSignal): Promise<EvalResult> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([aborted, run()]);
  } catch {
    signal.throwIfAborted();
    return { score: null, error: "rejected" };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
