import type { Bundle, EvalCase } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { fromScorer, type ScorerArgs } from "../src/index.ts";
import { bench, casesOf } from "./support.ts";

const bundle: Bundle = { prompt: "p", model: "m" };
const evalCase: EvalCase = { id: "q1", input: "in", expected: "out" };
const answer = () => "out";

describe("fromScorer", () => {
  it("hands a scorer input, output and expected, and takes its score in any of its shapes", async () => {
    const seen: ScorerArgs[] = [];
    for (const [result, score] of [
      [{ name: "x", score: 0.5 }, 0.5],
      [0.25, 0.25],
      [null, null],
      [{ score: null }, null],
    ] as const) {
      const scorer = (args: ScorerArgs) => {
        seen.push(args);
        return result;
      };
      expect(await fromScorer({ id: "x@1", answer, scorer }).run(bundle, evalCase)).toEqual({ score });
    }
    expect(seen[0]).toEqual({ input: "in", output: "out", expected: "out" });
  });

  it("averages several scorers, and has no score where one of them has none", async () => {
    const two = fromScorer({ id: "x@1", answer, scorer: [async () => 1, () => ({ score: 0.5 })] });
    expect(await two.run(bundle, evalCase)).toEqual({ score: 0.75 });
    const partly = fromScorer({ id: "x@1", answer, scorer: [() => 1, () => null] });
    expect(await partly.run(bundle, evalCase)).toEqual({ score: null });
  });

  it("passes on what the answer took", async () => {
    const evals = fromScorer({
      id: "x@1",
      answer: () => ({ output: "o", latencyMs: 5, costUsd: 0.1 }),
      scorer: () => 1,
    });
    expect(await evals.run(bundle, evalCase)).toEqual({ score: 1, latencyMs: 5, costUsd: 0.1 });
  });

  it("takes a judge's failure for no score, and the system's for an error", async () => {
    const broken = () => {
      throw new Error("out of order");
    };
    const judge = fromScorer({ id: "x@1", answer, scorer: broken });
    expect(await judge.run(bundle, evalCase)).toEqual({ score: null });
    const system = fromScorer({ id: "x@1", answer: broken, scorer: () => 1 });
    const { manager } = await bench({ promoted: 1, evals: system });
    const { evidence } = await manager.canary("v2", { cases: casesOf(3), guards: [] });
    expect(evidence.candidate).toMatchObject({ missing: 3, errors: 3 });
  });

  it("asks no scorer once it is aborted", async () => {
    const controller = new AbortController();
    let asked = 0;
    const evals = fromScorer({
      id: "x@1",
      answer: () => {
        controller.abort("enough");
        return "out";
      },
      scorer: () => ++asked,
    });
    await expect(evals.run(bundle, evalCase, { signal: controller.signal })).rejects.toBe("enough");
    expect(asked).toBe(0);
  });
});
