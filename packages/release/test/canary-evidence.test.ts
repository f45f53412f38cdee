import { createMemoryStorage } from "@keelson/adapters-memory";
import type { EvalRunner } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CanaryProgress,
  createReleaseManager,
  errorGuard,
  type Gate,
  latencyGuard,
  pointEstimate,
  type ReleaseManager,
  sequential,
  type Verdict,
} from "../src/index.ts";
import { bench, bundleOf, casesOf, dump, scoreTable } from "./support.ts";

/** Scores v1 1 on every case, and v2 0 on every case whose number is divisible by `every`. */
function failing(every: number, asked: string[] = []): EvalRunner {
  return {
    specVersion: 1,
    id: `every-${every}@1`,
    run: ({ prompt }, { id }) => {
      asked.push(`${String(prompt)} ${id}`);
      return { score: prompt !== "v1" && Number(id.slice(1)) % every === 0 ? 0 : 1, costUsd: 0.01 };
    },
  };
}

/** A gate that only keeps the order it was shown the cases in. */
const order: Gate<string[]> = {
  id: "order",
  init: () => [],
  push: (before, { caseId }) => [...before, caseId],
  decide: (ids, { done }) => (done ? { verdict: "hold", reason: ids.join() } : undefined),
};

async function managerOn(evals: EvalRunner, state = createMemoryStorage().state): Promise<ReleaseManager> {
  const manager = createReleaseManager({ state, evals });
  for (const name of ["v1", "v2", "v3"]) await manager.register(name, bundleOf(name));
  if ((await manager.live()) === undefined) await manager.promote("v1");
  return manager;
}

describe("ReleaseManager.canary by evidence", () => {
  it("stops a bad candidate early, and says what it saw and saved", async () => {
    const { manager } = await bench({ promoted: 1, evals: failing(2) });
    const { verdict, reason, evidence, course, pairs } = await manager.canary("v2", { cases: casesOf(200) });
    expect(verdict).toBe("rollback");
    expect(reason).toMatch(
      /^after \d+ scored cases it is shown to be worse than live: by \d\d(\.\d)? points on average$/,
    );
    expect(evidence.cases).toBeLessThan(30);
    expect(evidence.eHarm).toBeGreaterThanOrEqual(20);
    expect(evidence.eNonInferiority).toBeLessThan(1);
    expect(evidence.interval?.high).toBeLessThanOrEqual(0);
    expect(evidence.moreCases).toBe(0);
    expect(evidence.flips).toEqual({ better: 0, worse: 6, same: evidence.scored - 6 });
    expect(evidence.worst).toHaveLength(6);
    expect(evidence.spend).toEqual({
      costUsd: expect.closeTo(0.02 * evidence.cases, 9),
      runs: 2 * evidence.cases,
      savedRuns: 400 - 2 * evidence.cases,
      earlierCases: 0,
    });
    expect(evidence.guards.map(({ id, breached }) => [id, breached])).toEqual([
      ["errors", false],
      ["missing-scores", false],
    ]);
    expect(pairs).toHaveLength(evidence.scored);
    expect(course.at(-1)).toMatchObject({
      scored: evidence.scored,
      delta: evidence.delta,
      eHarm: evidence.eHarm,
    });
  });

  it("promotes a good candidate once its margin is shown", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const { promoted, verdict } = await manager.release("v2", { cases: casesOf(100) });
    expect([promoted, verdict.evidence.cases]).toEqual([true, 78]);
    expect(verdict.reason).toBe(
      "after 78 scored cases it is shown to be no worse than live by 5 points or more: 0 points on average",
    );
  });

  it("holds on a handful, says how many more would decide, and with them does", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const { verdict, reason, evidence } = await manager.canary("v2", { cases: casesOf(5) });
    expect(verdict).toBe("hold");
    expect(evidence.moreCases).toBe(73);
    expect(reason).toContain("about 73 more like these would decide");
    const next = await manager.release("v2", { cases: casesOf(78) });
    expect(next.promoted).toBe(true);
    expect(next.verdict.evidence.spend).toMatchObject({ earlierCases: 5, runs: 146 });
  });

  it("counts the cases without a score when it says how many more", async () => {
    const scores = Object.fromEntries(casesOf(20).map(({ id }, i) => [id, i % 2 === 0 ? null : 1]));
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v1: scores, v2: scores }) });
    const { evidence } = await manager.canary("v2", { cases: casesOf(20) });
    expect(evidence).toMatchObject({ cases: 20, scored: 10, moreCases: 136 });
  });

  it("keeps the course of a long run short, from its beginning to its end", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const never: Gate = { ...sequential({ margin: 0.001 }), id: "patient" } as unknown as Gate;
    const { course } = await manager.canary("v2", { cases: casesOf(530), gate: never });
    expect(course.length).toBeLessThanOrEqual(100);
    expect(course.length).toBeGreaterThanOrEqual(50);
    expect(course.at(-1)?.scored).toBe(530);
    expect(course.map(({ scored }) => scored)).toEqual(
      course.map(({ scored }) => scored).sort((a, b) => a - b),
    );
  });

  it("puts neither pairs nor course into the audit log", async () => {
    const { manager, state } = await bench({ promoted: 1, evals: failing(2) });
    await manager.canary("v2", { cases: casesOf(200) });
    const [event] = await manager.history({ types: ["canaryJudged"] });
    expect(Object.keys(event?.evidence ?? {})).not.toContain("pairs");
    expect(Object.keys(event?.evidence ?? {})).not.toContain("course");
    expect(JSON.stringify(await dump(state))).not.toContain("question");
  });
});

describe("ReleaseManager.canary's order", () => {
  const orderOf = async (seed: number | undefined, cases = casesOf(30)) => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const { reason, evidence } = await manager.canary("v2", { cases, gate: order, seed });
    return { ids: reason.split(","), seed: evidence.seed };
  };

  it("is shuffled by a seed that the evidence names", async () => {
    const { ids, seed } = await orderOf(undefined);
    expect(ids).not.toEqual(casesOf(30).map(({ id }) => id));
    expect([...ids].sort()).toEqual(
      casesOf(30)
        .map(({ id }) => id)
        .sort(),
    );
    expect((await orderOf(seed)).ids).toEqual(ids);
    expect((await orderOf(seed + 1)).ids).not.toEqual(ids);
  });

  it("takes every case to every place about as often", async () => {
    const first = new Map<string, number>();
    for (let seed = 0; seed < 300; seed++) {
      const [id] = (await orderOf(seed, casesOf(3))).ids;
      first.set(String(id), (first.get(String(id)) ?? 0) + 1);
    }
    for (const count of first.values()) expect(Math.abs(count - 100)).toBeLessThan(35);
  });
});

describe("ReleaseManager.canary's repeats", () => {
  it("averages the runs of a case before it counts, over those that have a score", async () => {
    let run = 0;
    const evals: EvalRunner = {
      specVersion: 1,
      id: "wavering@1",
      run: ({ prompt }) => ({ score: prompt === "v1" ? 0.5 : ([0, 1, null][run++ % 3] ?? null), costUsd: 1 }),
    };
    const { manager } = await bench({ promoted: 1, evals });
    const { evidence, pairs } = await manager.canary("v2", { cases: casesOf(4), repeats: 3, concurrency: 1 });
    expect(pairs).toHaveLength(4);
    expect(pairs[0]).toMatchObject({ candidate: 0.5, baseline: 0.5, delta: 0 });
    expect(evidence).toMatchObject({ cases: 4, scored: 4, candidate: { costUsd: 12, missing: 0 } });
    expect(evidence.spend.runs).toBe(24);
  });
});

describe("ReleaseManager.canary's guards", () => {
  it("take a candidate out that fails, though what it answers is good", async () => {
    const evals: EvalRunner = {
      specVersion: 1,
      id: "shaky@1",
      run: ({ prompt }, { id }) => {
        if (prompt === "v2" && Number(id.slice(1)) % 3 !== 0) throw new Error("the model is gone");
        return { score: 1 };
      },
    };
    const { manager } = await bench({ promoted: 1, evals });
    const { verdict, reason, evidence } = await manager.canary("v2", { cases: casesOf(100) });
    expect(verdict).toBe("rollback");
    expect(reason).toMatch(/^errors: 0\.\d+ against the baseline's 0, over \d+ comparisons$/);
    expect(evidence.cases).toBeLessThan(40);
    expect(evidence.guards.find(({ id }) => id === "errors")).toMatchObject({ breached: true, alpha: 0.025 });
  });

  it("hold a candidate whose answers can't be scored", async () => {
    const scores = Object.fromEntries(casesOf(100).map(({ id }, i) => [id, i % 3 === 0 ? 1 : null]));
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v2: scores }) });
    const { verdict, reason } = await manager.canary("v2", { cases: casesOf(100), gate: pointEstimate() });
    expect([verdict, reason.split(":")[0]]).toEqual(["hold", "missing-scores"]);
  });

  it("see latency and cost of the runs of a case", async () => {
    const evals: EvalRunner = {
      specVersion: 1,
      id: "timed@1",
      run: ({ prompt }, { id }) => ({
        score: 1,
        latencyMs: (prompt === "v1" ? 100 : 300) + Number(id.slice(1)),
      }),
    };
    const { manager } = await bench({ promoted: 1, evals });
    const options = { cases: casesOf(60), guards: [errorGuard(), latencyGuard()], margin: 0.01 };
    const { verdict, reason } = await manager.canary("v2", options);
    expect([verdict, reason.split(":")[0]]).toEqual(["rollback", "latency(ratio=1.2,quantile=0.95)"]);
  });
});

describe("ReleaseManager.canary's budget", () => {
  it("holds once the money is spent, and a later call goes on", async () => {
    const asked: string[] = [];
    const { manager } = await bench({ promoted: 1, evals: failing(5, asked) });
    const options = { cases: casesOf(200), concurrency: 1 };
    const { verdict, reason, evidence } = await manager.canary("v2", {
      ...options,
      budget: { maxCostUsd: 0.19 },
    });
    expect(verdict).toBe("hold");
    expect(reason).toMatch(/^the budget is spent after 10 of 200 cases; 10 scored cases show/);
    expect(evidence.spend).toMatchObject({ costUsd: expect.closeTo(0.2, 9), runs: 20, savedRuns: 380 });
    const next = await manager.canary("v2", options);
    expect(next.verdict).toBe("rollback");
    expect(next.evidence.spend.earlierCases).toBe(10);
    // One case may have been under way when the money was spent. It is not counted, and asked again.
    expect(asked.length - new Set(asked).size).toBeLessThanOrEqual(2);
  });

  it("runs no more cases than it may, and lets no gate promote on part of them", async () => {
    const asked: string[] = [];
    const { manager } = await bench({ promoted: 1, evals: failing(1000, asked) });
    const gate = pointEstimate();
    const budget = { maxCases: 3 };
    const verdict = await manager.canary("v2", { cases: casesOf(9), gate, budget });
    expect([verdict.verdict, asked.length]).toEqual(["hold", 6]);
    expect(
      (await manager.canary("v2", { cases: casesOf(9), budget: { maxCostUsd: 0 } })).evidence.cases,
    ).toBe(3);
    expect(asked).toHaveLength(6);
  });
});

describe("ReleaseManager.canary's ledger", () => {
  const stripped = ({ evidence, ...rest }: Verdict) => ({ ...rest, evidence: { ...evidence, spend: null } });

  it("runs nothing for a verdict that is known", async () => {
    const asked: string[] = [];
    const { manager } = await bench({ promoted: 1, evals: failing(2, asked) });
    const first = await manager.canary("v2", { cases: casesOf(200), concurrency: 1 });
    const calls = asked.length;
    const second = await manager.canary("v2", { cases: casesOf(200), concurrency: 1 });
    expect(asked).toHaveLength(calls);
    expect(stripped(second)).toEqual(stripped(first));
    expect(second.evidence.spend).toMatchObject({ runs: 0, costUsd: 0, earlierCases: first.evidence.cases });
  });

  it("takes up an aborted run where it stopped, bit by bit as if it had not been", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(null, 0, 0.3, 0.5, 0.9, 1), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(40), { maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (scores, stops, concurrency) => {
          const table = { v2: Object.fromEntries(scores.map((score, i) => [`q${i}`, score])) };
          const options = { cases: casesOf(scores.length), concurrency, gate: sequential({ margin: 0.2 }) };
          const straight = await (await managerOn(scoreTable(table))).canary("v2", options);

          const { state } = createMemoryStorage();
          for (const stop of stops) {
            // Another process each time.
            const manager = await managerOn(scoreTable(table), state);
            const controller = new AbortController();
            const onProgress = (progress: CanaryProgress) => {
              if (progress.type === "progress" && progress.done > stop) controller.abort("crash");
            };
            const { signal } = controller;
            await manager.canary("v2", { ...options, onProgress, signal }).catch((reason: unknown) => {
              if (reason !== "crash") throw reason;
            });
          }
          const resumed = await (await managerOn(scoreTable(table), state)).canary("v2", options);
          // Cases without a score are run anew each time: only then does the order of the pairs stay the same.
          const costless = (verdict: Verdict) => ({ ...stripped(verdict), course: null });
          const known = scores.every((score) => score !== null);
          if (known) expect(costless(resumed)).toEqual(costless(straight));
          expect(resumed.evidence.scored).toBeLessThanOrEqual(scores.length);
          expect(new Set(resumed.pairs.map(({ caseId }) => caseId)).size).toBe(resumed.pairs.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("counts every case once, however many canaries of the candidate run at once", async () => {
    const { state } = createMemoryStorage();
    const first = await managerOn(failing(1000), state);
    const second = await managerOn(failing(1000), state);
    const options = { cases: casesOf(60), gate: order };
    const verdicts = await Promise.all([
      first.canary("v2", options),
      second.canary("v2", { ...options, seed: 7 }),
      first.canary("v2", { ...options, concurrency: 1 }),
    ]);
    for (const { evidence, pairs } of verdicts) {
      expect([evidence.scored, new Set(pairs.map(({ caseId }) => caseId)).size]).toEqual([60, 60]);
    }
    const [one, two, three] = verdicts.map(({ reason }) => reason);
    expect([two, three]).toEqual([one, one]);
  });

  it("starts anew for another candidate, another live release and another scoring", async () => {
    const { state } = createMemoryStorage();
    const manager = await managerOn(failing(1000), state);
    const options = { cases: casesOf(10) };
    const earlier = async (by: ReleaseManager, name: string) =>
      (await by.canary(name, options)).evidence.spend.earlierCases;
    expect(await earlier(manager, "v2")).toBe(0);
    expect(await earlier(manager, "v2")).toBe(10);
    expect(await earlier(manager, "v3")).toBe(0);
    expect(await earlier(await managerOn(failing(999), state), "v2")).toBe(0);
    await manager.promote("v3");
    expect(await earlier(manager, "v2")).toBe(0);
  });

  it("runs a case without a score again, and counts it then", async () => {
    let broken = true;
    const evals: EvalRunner = {
      specVersion: 1,
      id: "mending@1",
      run: () => ({ score: broken ? null : 1 }),
    };
    const { manager } = await bench({ promoted: 1, evals });
    expect((await manager.canary("v2", { cases: casesOf(4) })).evidence).toMatchObject({
      cases: 4,
      scored: 0,
    });
    broken = false;
    const { evidence } = await manager.canary("v2", { cases: casesOf(4) });
    expect(evidence).toMatchObject({ cases: 4, scored: 4, candidate: { missing: 0 } });
  });
});
