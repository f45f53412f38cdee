import type { Bundle } from "./bundle.ts";
import type { AbortOptions, Awaitable, Json } from "./shared-types.ts";

/** One question of an evaluation set. */
export interface EvalCase {
  /** Unique in the set, and stable: evidence of the same case is paired by it. */
  readonly id: string;
  /** What the system is asked. */
  readonly input: Json;
  /** What a good answer is, where that can be said. */
  readonly expected?: Json | undefined;
}

/** How one bundle did on one case. */
export interface EvalResult {
  /** 0 (worst) to 1 (best). `null`: not scored, because the answer or the judge failed. It is missing, never 0. */
  readonly score: number | null;
  /** How long the answer took, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** What the answer cost, in US dollars. */
  readonly costUsd?: number | undefined;
  /** The answer failed: what went wrong, in a word or two, without the answer's text. */
  readonly error?: string | undefined;
}

/**
 * Answers a case with a bundle and scores the answer.
 *
 * @example The smallest plug-in.
 * ```ts
 * import type { EvalRunner } from "@keelson/core";
 *
 * export const exactMatch = {
 *   specVersion: 1,
 *   id: "exact-match@1",
 *   run: (bundle, { input, expected }) => {
 *     const answer = bundle.prompt === "shout" ? String(input).toUpperCase() : String(input);
 *     return { score: answer === expected ? 1 : 0 };
 *   },
 * } satisfies EvalRunner;
 * ```
 */
export interface EvalRunner {
  /** The version of this interface that the plug-in was written for. */
  readonly specVersion: 1;
  /** Names the scoring: it must change whenever scores could mean something else. Evidence of different ids is never mixed. */
  readonly id: string;
  /**
   * Runs one case. A rejection counts as an error of the bundle with a `null` score; an abort rejects with
   * `signal.reason` and counts as nothing.
   */
  run(bundle: Bundle, evalCase: EvalCase, options?: AbortOptions): Awaitable<EvalResult>;
}
