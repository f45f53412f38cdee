import {
  type Awaitable,
  argumentInvalid,
  assertObject,
  type Bundle,
  type EvalCase,
  type EvalRunner,
  type Json,
} from "@keelson/core";

/** What a scorer is asked. */
export interface ScorerArgs {
  /** What the case asks. */
  readonly input: Json;
  /** What the system answered. */
  readonly output: string;
  /** What a good answer is, where the case says so. */
  readonly expected?: Json | undefined;
}

/**
 * A scorer as autoevals and others write them: it looks at an answer and says how good it is, 0..1. `null`, or a score
 * of `null`, is no score.
 *
 * @typeParam Args Whatever else the scorer takes.
 */
export type Scorer<Args> = (args: Args) => Awaitable<{ readonly score: number | null } | number | null>;

/** An answer with what is known of it. */
export interface ScoredAnswer {
  readonly output: string;
  /** In milliseconds. */
  readonly latencyMs?: number | undefined;
  /** In US dollars. */
  readonly costUsd?: number | undefined;
}

/** What {@link fromScorer} takes. */
export interface FromScorerOptions {
  /** Names the scoring: it must change whenever scores could mean something else. */
  readonly id: string;
  /** Asks the system, made as the bundle says. */
  readonly answer: (
    bundle: Bundle,
    evalCase: EvalCase,
    options: { readonly signal?: AbortSignal | undefined },
  ) => Awaitable<string | ScoredAnswer>;
  /** Scores its answer. Give several, and their mean counts; a case that one of them can't score is missing. */
  // biome-ignore lint/suspicious/noExplicitAny: a scorer may take more than is given here, all of it optional
  readonly scorer: Scorer<any> | readonly Scorer<any>[];
}

/**
 * Makes a runner of a system and a scorer of the autoevals kind, `(args) => ({ score })`. The scorer is called with
 * `input`, `output` and `expected`. Where it throws, the case has no score: a judge that fails says nothing about the
 * answer. Where the system throws, the answer counts as an error.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no id, no system or no scorer.
 *
 * @example
 * ```ts
 * import { fromScorer } from "@keelson/release";
 *
 * // Such as ExactMatch or Factuality of autoevals.
 * const exact = ({ output, expected }: { output: string; expected?: unknown }) => ({
 *   name: "exact",
 *   score: output === expected ? 1 : 0,
 * });
 * const evals = fromScorer({
 *   id: "exact@1",
 *   answer: ({ prompt }, { input }) => (prompt === "shout" ? String(input).toUpperCase() : String(input)),
 *   scorer: exact,
 * });
 * const evalCase = { id: "q1", input: "yes", expected: "YES" };
 * console.log(await evals.run({ prompt: "shout", model: "small" }, evalCase)); // { score: 1 }
 * console.log(await evals.run({ prompt: "whisper", model: "small" }, evalCase)); // { score: 0 }
 * ```
 */
export function fromScorer(options: FromScorerOptions): EvalRunner {
  assertObject(options);
  const { id, answer, scorer } = options;
  const scorers = [scorer].flat();
  if (typeof id !== "string" || id === "") throw argumentInvalid("id", "is not a string, or empty");
  if (typeof answer !== "function") throw argumentInvalid("answer", "is no function");
  if (scorers.length === 0 || !scorers.every((one) => typeof one === "function"))
    throw argumentInvalid("scorer", "is neither a function nor a list of functions");
  return {
    specVersion: 1,
    id,
    async run(bundle, evalCase, { signal } = {}) {
      const given = await answer(bundle, evalCase, { signal });
      const { output, ...figures } = typeof given === "string" ? { output: given } : given;
      signal?.throwIfAborted();
      const { input, expected } = evalCase;
      const scores = await Promise.all(scorers.map((one) => scoreBy(one, { input, output, expected })));
      signal?.throwIfAborted();
      const known = scores.filter((score) => score !== null);
      const complete = known.length === scores.length && known.length > 0;
      return {
        score: complete ? known.reduce((sum, score) => sum + score, 0) / known.length : null,
        ...figures,
      };
    },
  };
}

async function scoreBy(scorer: Scorer<ScorerArgs>, args: ScorerArgs): Promise<number | null> {
  try {
    const result = await scorer(args);
    return typeof result === "number" || result === null ? result : (result.score ?? null);
  } catch {
    return null;
  }
}
