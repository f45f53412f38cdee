import assert from "node:assert/strict";
import type { Bundle, EvalCase, EvalResult, EvalRunner } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { CaseContext, ConformanceCase, Harness } from "../conformance/conformance-case.ts";
import { freeze } from "../fixtures/freeze.ts";

/** A bundle and a case that the runner can answer and score. */
export interface EvalRunnerExample {
  /** What answers. */
  readonly bundle: Bundle;
  /** What it is asked. */
  readonly evalCase: EvalCase;
}

/** How to make the eval runner under test, and what to run. */
export interface EvalRunnerHarness extends Harness<EvalRunner> {
  /** At least one. */
  readonly examples: readonly EvalRunnerExample[];
}

/**
 * What every eval runner must satisfy, shown on examples.
 *
 * @example
 * ```ts
 * import type { EvalRunner } from "@keelson/core";
 * import { evalRunnerCases, runConformance } from "@keelson/testkit";
 *
 * const exactMatch = {
 *   specVersion: 1,
 *   id: "exact-match@1",
 *   run: (_bundle, { input, expected }) => ({ score: input === expected ? 1 : 0 }),
 * } satisfies EvalRunner;
 *
 * const report = await runConformance(evalRunnerCases, {
 *   create: () => exactMatch,
 *   examples: [{ bundle: { prompt: "p", model: "m" }, evalCase: { id: "1", input: "a", expected: "a" } }],
 * });
 * console.log(report.failed); // []
 * ```
 */
export const evalRunnerCases: readonly ConformanceCase<EvalRunner, EvalRunnerHarness>[] = [
  {
    id: "eval-runner/run/declares",
    title: "declares specVersion 1 and an id that does not change",
    async run(runner, { harness }) {
      assert.equal(runner.specVersion, 1);
      const { id } = runner;
      assert.ok(typeof id === "string" && id !== "", "the id is empty");
      await runAll(runner, harness);
      assert.equal(runner.id, id);
    },
  },
  {
    id: "eval-runner/run/works",
    title: "gives a score within 0..1 or null, and sound figures where it gives any",
    async run(runner, { harness }) {
      for (const result of await runAll(runner, harness)) assertSound(result);
    },
  },
  {
    id: "eval-runner/run/works/scores",
    title: "scores at least one of the examples, which it was said to be able to",
    async run(runner, { harness }) {
      const results = await runAll(runner, harness);
      assert.ok(
        results.some(({ score }) => score !== null),
        "no example was scored",
      );
    },
  },
  {
    id: "eval-runner/run/empty-input",
    title: "runs an empty question, with no expected answer: a sound result or a rejection",
    async run(runner, { harness }) {
      for (const { bundle } of harness.examples) {
        for (const input of ["", {}, [], null]) {
          const outcome = await settle(() => runner.run(bundle, { id: "empty", input }));
          if (outcome !== undefined) assertSound(outcome);
        }
      }
    },
  },
  {
    id: "eval-runner/run/duplicate",
    title: "runs one case again and again, each time soundly, and leaves bundle and case as they were",
    async run(runner, { harness }) {
      for (const example of harness.examples) {
        const { bundle, evalCase } = freeze(structuredClone(example));
        for (let again = 0; again < 3; again++) assertSound(await runner.run(bundle, evalCase));
      }
    },
  },
  {
    id: "eval-runner/run/concurrent",
    title: "runs many cases at once, each with a result object of its own",
    async run(runner, { harness }) {
      const results = await Promise.all(Array.from({ length: 5 }, () => runAll(runner, harness)));
      for (const result of results.flat()) assertSound(result);
      assert.equal(new Set(results.flat()).size, results.flat().length, "two cases share one result");
    },
  },
  {
    id: "eval-runner/run/hidden",
    title: "says what went wrong without quoting the question",
    async run(runner, { harness }) {
      const canary = "canary-question-5c1d";
      for (const { bundle } of harness.examples) {
        const result = await settle(() =>
          runner.run(bundle, { id: "canary", input: canary, expected: canary }),
        );
        assert.ok(!result?.error?.includes(canary), "an error quotes the question");
      }
    },
  },
  ...abortRunnerCases(abortCases),
];

/** What an eval runner must satisfy besides when users call it themselves, with nobody in front to check the signal. */
export const strictEvalRunnerCases: readonly ConformanceCase<EvalRunner, EvalRunnerHarness>[] =
  abortRunnerCases(strictAbortCases);

// The call needs an example, which only the context has.
function abortRunnerCases(
  make: (suite: string, probes: readonly AbortProbe<EvalRunner>[]) => ConformanceCase<EvalRunner>[],
): ConformanceCase<EvalRunner, EvalRunnerHarness>[] {
  const probesOf = ({ bundle, evalCase }: EvalRunnerExample): AbortProbe<EvalRunner>[] => [
    {
      method: "run",
      call: (runner, signal) => runner.run(bundle, evalCase, { signal }),
      answer: (result) => assertSound(result as EvalResult),
    },
  ];
  const names = make(
    "eval-runner",
    probesOf({ bundle: { prompt: "", model: "" }, evalCase: { id: "", input: "" } }),
  );
  return names.map(({ id, title }, i) => ({
    id,
    title,
    async run(runner: EvalRunner, context: CaseContext<EvalRunner, EvalRunnerHarness>) {
      for (const example of context.harness.examples)
        await make("eval-runner", probesOf(example))[i]?.run(runner, context);
    },
  }));
}

async function runAll(runner: EvalRunner, { examples }: EvalRunnerHarness): Promise<EvalResult[]> {
  assert.ok(examples.length > 0, "the harness needs an example");
  const results: EvalResult[] = [];
  for (const { bundle, evalCase } of examples) results.push(await runner.run(bundle, evalCase));
  return results;
}

// A rejection counts as an error of the bundle.
async function settle(call: () => EvalResult | PromiseLike<EvalResult>): Promise<EvalResult | undefined> {
  try {
    return await call();
  } catch {
    return undefined;
  }
}

function assertSound({ score, latencyMs, costUsd, error }: EvalResult): void {
  assert.ok(score === null || (score >= 0 && score <= 1), `${score} is no score`);
  for (const figure of [latencyMs, costUsd])
    assert.ok(figure === undefined || (Number.isFinite(figure) && figure >= 0), `${figure} is no figure`);
  assert.ok(error === undefined || typeof error === "string", "error is no text");
}
