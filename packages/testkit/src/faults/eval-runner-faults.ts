import type { EvalCase, EvalResult, EvalRunner } from "@keelson/core";
import type { EvalRunnerHarness } from "../eval-runner/eval-runner-cases.ts";
import { patch } from "../tools/patch.ts";
import { abortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

type RunnerFault = Fault<EvalRunner, EvalRunnerHarness>;

const fault = (
  id: string,
  title: string,
  replace: (runner: EvalRunner) => Partial<EvalRunner>,
): RunnerFault =>
  createFault<EvalRunner, EvalRunnerHarness>(`eval-runner/${id}`, title, {
    wrap: (runner) => patch(runner, replace(runner)),
  });

const resultFault = (
  id: string,
  title: string,
  change: (result: EvalResult, evalCase: EvalCase) => EvalResult,
): RunnerFault =>
  fault(id, title, (runner) => ({
    run: async (bundle, evalCase, options) => change(await runner.run(bundle, evalCase, options), evalCase),
  }));

/** Eval runners that are wrong. */
export const evalRunnerFaults: readonly Fault<EvalRunner, EvalRunnerHarness>[] = [
  fault("has-no-id", "has an empty id", () => ({ id: "" })),
  resultFault("scores-in-percent", "scores from 0 to 100", (result) => ({
    ...result,
    score: result.score === null ? null : result.score * 100,
  })),
  resultFault("scores-nothing", "scores no case", (result) => ({ ...result, score: null })),
  resultFault("fails-with-nan", "scores a case that has no expected answer NaN", (result, { expected }) =>
    expected === undefined ? { ...result, score: Number.NaN } : result,
  ),
  fault("changes-its-input", "marks the case that it ran", (runner) => ({
    run: (bundle, evalCase, options) => {
      Object.assign(evalCase, { done: true });
      return runner.run(bundle, evalCase, options);
    },
  })),
  fault("shares-its-result", "gives every case the same result object", (runner) => {
    const shared: { score: number | null } = { score: null };
    return {
      run: async (bundle, evalCase, options) =>
        Object.assign(shared, await runner.run(bundle, evalCase, options)),
    };
  }),
  resultFault(
    "quotes-the-question",
    "quotes the question in the error of an answer that failed",
    (result, { input }) =>
      result.error === undefined ? result : { ...result, error: `no answer to ${String(input)}` },
  ),
  ...abortFaults<EvalRunner, EvalRunnerHarness>("eval-runner"),
];
