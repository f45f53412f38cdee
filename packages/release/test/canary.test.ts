import { createMemoryStorage } from "@keelson/adapters-memory";
import type { EvalResult, EvalRunner } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CanaryProgress,
  createReleaseManager,
  errorGuard,
  type Gate,
  pointEstimate,
} from "../src/index.ts";
import { bench, bundleOf, casesOf, codeOf, scoreTable } from "./support.ts";

const always = (verdict: "promote" | "rollback" | "hold"): Gate => ({
  id: `always-${verdict}`,
  init: () => null,
  push: () => null,
  decide: (_, { done }) => (done ? { verdict, reason: "as ever" } : undefined),
});

const plain = pointEstimate();

function runnerOf(run: EvalRunner["run"]): EvalRunner {
  return { specVersion: 1, id: "runner@1", run };
}

describe("ReleaseManager.canary", () => {
  it("compares candidate and live case by case, and says what it saw", async () => {
    const evals = scoreTable({
      v1: { q0: 0.5, q1: 1, q2: 0.5, q3: 0.25 },
      v2: { q0: 1, q1: 0.5, q2: 0.5, q3: 0 },
    });
    const { manager } = await bench({ promoted: 1, evals });
    const { verdict, reason, evidence } = await manager.canary("v2", { cases: casesOf(4), gate: plain });
    expect(verdict).toBe("rollback");
    expect(reason).toContain("the candidate's mean 0.5 is below the baseline's 0.5625 by more than 0");
    expect(evidence).toMatchObject({
      cases: 4,
      scored: 4,
      candidateMean: 0.5,
      baselineMean: 0.5625,
      delta: -0.0625,
      flips: { better: 1, worse: 2, same: 1 },
      worst: [
        { caseId: "q1", candidate: 0.5, baseline: 1, delta: -0.5 },
        { caseId: "q3", candidate: 0, baseline: 0.25, delta: -0.25 },
      ],
      candidate: { release: "v2", mean: 0.5, missing: 0, errors: 0, meanLatencyMs: null, costUsd: 0 },
      baseline: { release: "v1", mean: 0.5625 },
      evals: "table@1",
      gate: { id: "point-estimate(tolerance=0)" },
    });
  });

  it("moves no traffic, whatever it finds", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    for (const kind of ["promote", "rollback", "hold"] as const) {
      const { verdict } = await manager.canary("v2", { cases: casesOf(2), gate: always(kind) });
      expect(verdict).toBe(kind);
      expect((await manager.live())?.name).toBe("v1");
    }
  });

  it("puts the verdict into the audit log with its evidence", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v2: { q0: 0 } }) });
    const verdict = await manager.canary("v2", { cases: casesOf(2), gate: plain, by: "ana" });
    const [event] = await manager.history({ types: ["canaryJudged"] });
    expect(event).toMatchObject({ release: "v2", previous: "v1", by: "ana", why: verdict.reason });
    expect(event?.evidence).toEqual({ verdict: "rollback", ...verdict.evidence });
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("takes a case that one side has no score for as missing, on both sides, never as 0", async () => {
    const evals = scoreTable({ v1: { q0: 0.5, q1: null }, v2: { q0: 0.5, q1: 1, q2: null } });
    const { manager } = await bench({ promoted: 1, evals });
    const { verdict, evidence } = await manager.canary("v2", { cases: casesOf(4), gate: plain });
    expect(verdict).toBe("promote");
    expect(evidence).toMatchObject({ cases: 4, scored: 2, candidateMean: 0.75, baselineMean: 0.75 });
    expect(evidence.candidate.missing).toBe(1);
    expect(evidence.baseline.missing).toBe(1);
  });

  it("holds where nothing was scored, and where there are no cases", async () => {
    const evals = scoreTable({ v2: { q0: null, q1: null } });
    const { manager } = await bench({ promoted: 1, evals });
    const { verdict, evidence } = await manager.canary("v2", { cases: casesOf(2) });
    expect(verdict).toBe("hold");
    expect(evidence).toMatchObject({
      scored: 0,
      candidateMean: null,
      baselineMean: null,
      delta: null,
      worst: [],
    });
    expect((await manager.canary("v2", { cases: [] })).verdict).toBe("hold");
  });

  it("does not promote on the few cases that a failing candidate answered", async () => {
    const evals = runnerOf(({ prompt }, { id }) => {
      if (prompt === "v2" && id !== "q0") throw new Error("the model is gone");
      return { score: 1 };
    });
    const { manager } = await bench({ promoted: 1, evals });
    const options = { cases: casesOf(10), gate: plain, guards: [] };
    const { verdict, reason, evidence } = await manager.canary("v2", options);
    expect(verdict).toBe("hold");
    expect(reason).toContain("9 of 10 cases have no score on both sides");
    expect(evidence.candidate).toMatchObject({ missing: 9, errors: 9 });
    expect((await manager.canary("v2", { ...options, maxMissing: 0.9 })).verdict).toBe("promote");
  });

  it("adds up errors, latency and cost of each side", async () => {
    const results: Record<string, EvalResult> = {
      v1: { score: 1, latencyMs: 100, costUsd: 0.25 },
      v2: { score: null, latencyMs: 300, error: "timeout" },
    };
    const evals = runnerOf(({ prompt }) => results[String(prompt)] as EvalResult);
    const { manager } = await bench({ promoted: 1, evals });
    const { evidence } = await manager.canary("v2", { cases: casesOf(2) });
    expect(evidence.baseline).toMatchObject({ errors: 0, missing: 0, meanLatencyMs: 100, costUsd: 0.5 });
    expect(evidence.candidate).toMatchObject({ errors: 2, missing: 2, meanLatencyMs: 300, costUsd: 0 });
  });

  it("names the ten cases that the candidate lost most on, the worst first", async () => {
    const scores = Object.fromEntries(casesOf(15).map(({ id }, i) => [id, i === 14 ? 1 : i / 20]));
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v2: scores }) });
    const { evidence } = await manager.canary("v2", { cases: casesOf(15), gate: plain });
    expect(evidence.worst.map(({ caseId }) => caseId)).toEqual(casesOf(10).map(({ id }) => id));
  });

  it("comes to the same verdict in whatever order the cases finish", async () => {
    const score = fc.constantFrom(0, 0.1, 0.2, 0.3, 0.7, 1, null);
    const sides = fc.array(fc.tuple(score, score), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        sides,
        fc.scheduler(),
        fc.integer({ min: 1, max: 5 }),
        async (scores, s, concurrency) => {
          const table = { v1: {} as Record<string, number | null>, v2: {} as Record<string, number | null> };
          scores.forEach(([a, b], i) => {
            table.v1[`q${i}`] = a;
            table.v2[`q${i}`] = b;
          });
          const plain = scoreTable(table);
          const late = runnerOf((bundle, evalCase) =>
            s.schedule(Promise.resolve(plain.run(bundle, evalCase))),
          );
          const verdicts = [];
          for (const evals of [plain, { ...late, id: plain.id }]) {
            const { manager } = await bench({ promoted: 1, evals });
            const seen: string[] = [];
            const order: Gate<string[]> = {
              id: "order",
              init: () => [],
              push: (before, { caseId }) => [...before, caseId],
              decide: (ids, { done }) => {
                if (done) seen.push(...ids);
                return done ? { verdict: "hold", reason: "only looking" } : undefined;
              },
            };
            await s.waitFor(
              manager.canary("v2", { cases: casesOf(scores.length), concurrency, gate: order }),
            );
            const verdict = await s.waitFor(
              manager.canary("v2", { cases: casesOf(scores.length), concurrency }),
            );
            verdicts.push({ seen, verdict });
          }
          expect(verdicts[1]).toEqual(verdicts[0]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("runs no more cases at once than it may, and that many while one is slow", async () => {
    let running = 0;
    let most = 0;
    let finished = 0;
    let free = (): void => {};
    const slow = new Promise<void>((resolve) => {
      free = resolve;
    });
    const evals = runnerOf(async (_, { id }) => {
      most = Math.max(most, ++running);
      await (id === "q0" ? slow : Promise.resolve());
      running--;
      if (++finished === 10) free();
      return { score: 1 };
    });
    const { manager } = await bench({ promoted: 1, evals });
    const { evidence } = await manager.canary("v2", { cases: casesOf(10), concurrency: 3 });
    expect(evidence.cases).toBe(10);
    // Both sides of three cases. The slow one is freed by five others having finished: more don't wait behind it.
    expect(most).toBe(6);
  });

  it("ends at the first answer of its gate, and what is in flight with it", async () => {
    const signals: AbortSignal[] = [];
    let first: string | undefined;
    const evals = runnerOf((_, { id }, options) => {
      if (options?.signal) signals.push(options.signal);
      first ??= id;
      return id === first ? { score: 0 } : new Promise<EvalResult>(() => {});
    });
    const firstCase: Gate<number> = {
      id: "first-case",
      init: () => 0,
      push: (pairs) => pairs + 1,
      decide: (pairs) =>
        pairs > 0 ? { verdict: "rollback", reason: "seen enough", report: { pairs } } : undefined,
    };
    const { manager } = await bench({ promoted: 1, evals });
    const { verdict, evidence } = await manager.canary("v2", { cases: casesOf(50), gate: firstCase });
    expect(verdict).toBe("rollback");
    expect(evidence).toMatchObject({ cases: 1, scored: 1, gate: { id: "first-case", report: { pairs: 1 } } });
    expect(signals.length).toBeLessThanOrEqual(10);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it("asks the runner nothing where the gate knows from the start", async () => {
    const evals = runnerOf(() => {
      throw new Error("asked");
    });
    const gate: Gate = { ...always("hold"), decide: () => ({ verdict: "hold", reason: "closed" }) };
    const { manager } = await bench({ promoted: 1, evals });
    const { reason, evidence } = await manager.canary("v2", { cases: casesOf(3), gate });
    expect([reason, evidence.cases]).toEqual(["closed", 0]);
  });

  it("holds where the gate never decides", async () => {
    const gate: Gate = { ...always("hold"), id: "mute", decide: () => undefined };
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const { verdict, reason } = await manager.canary("v2", { cases: casesOf(1), gate });
    expect([verdict, reason]).toEqual(["hold", "the gate mute did not decide"]);
  });

  it.each<[string, EvalResult]>([
    ["a score above 1", { score: 85 }],
    ["a score below 0", { score: -0.1 }],
    ["a score that is no number", { score: Number.NaN }],
    ["a result without a score", {} as EvalResult],
    ["a negative latency", { score: 1, latencyMs: -1 }],
    ["an endless cost", { score: 1, costUsd: Number.POSITIVE_INFINITY }],
    ["a cost beyond all measure", { score: 1, costUsd: 1e308 }],
    ["a score in text", { score: "0.5" as never }],
    ["a score of true", { score: true as never }],
    ["a latency of null", { score: 1, latencyMs: null as never }],
    ["an error of null", { score: 1, error: null as never }],
    ["no result", undefined as never],
  ])("refuses %s rather than judge by it", async (_, result) => {
    const { manager } = await bench({ promoted: 1, evals: runnerOf(() => result) });
    expect(await codeOf(manager.canary("v2", { cases: casesOf(8) }))).toBe("ARGUMENT_INVALID");
    expect(await manager.history({ types: ["canaryJudged"] })).toEqual([]);
  });

  it("quotes no text that stands where a figure should", async () => {
    const answer = { score: "the answer itself", error: { text: "the answer itself" } } as never;
    const { manager } = await bench({ promoted: 1, evals: runnerOf(() => answer) });
    await expect(manager.canary("v2", { cases: casesOf(1) })).rejects.toThrow(
      /^score of \S+ on case q0 is no number but string, expected 0 to 1$/,
    );
  });

  it("rejects with the signal's reason at once, also when the runner takes no notice, and judges nothing", async () => {
    const controller = new AbortController();
    const evals = runnerOf((_, { id }) => {
      if (id === "q1") controller.abort("enough");
      return id === "q0" ? { score: 1 } : new Promise<EvalResult>(() => {});
    });
    const { manager } = await bench({ promoted: 1, evals });
    const run = manager.canary("v2", { cases: casesOf(5), signal: controller.signal });
    await expect(run).rejects.toBe("enough");
    expect(await manager.history({ types: ["canaryJudged"] })).toEqual([]);
  });

  it("tells how it goes", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v2: { q1: null } }) });
    const told: CanaryProgress[] = [];
    const verdict = await manager.canary("v2", {
      cases: casesOf(2),
      onProgress: (progress) => told.push(progress),
    });
    const rest = { delta: 0, costUsd: 0, evidence: expect.objectContaining({ eHarm: 1 }) };
    expect(told).toEqual([
      { type: "start", cases: 2, earlierCases: 0 },
      { type: "progress", done: 1, cases: 2, scored: expect.any(Number), ...rest },
      { type: "progress", done: 2, cases: 2, scored: 1, ...rest },
      { type: "end", verdict },
    ]);
  });

  it("reads its cases from an async source", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    async function* source() {
      yield* casesOf(3);
    }
    expect((await manager.canary("v2", { cases: source() })).evidence.cases).toBe(3);
  });

  it("refuses what it cannot run", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const [first] = casesOf(1);
    const cases = casesOf(1);
    expect(await codeOf(manager.canary("v9", { cases }))).toBe("RELEASE_NOT_FOUND");
    expect(await codeOf(manager.canary("v2", { cases: [...cases, ...cases] }))).toBe("ID_DUPLICATE");
    expect(await codeOf(manager.canary("v2", { cases: [{ ...first, id: "" } as never] }))).toBe("ID_INVALID");
    expect(await codeOf(manager.canary("v2", { cases, concurrency: 0 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(manager.canary("v2", { cases, maxMissing: 2 }))).toBe("ARGUMENT_INVALID");
    for (const unsound of [
      { repeats: 0 },
      { seed: -1 },
      { seed: 2 ** 32 },
      { guardAlpha: 1 },
      { guards: [errorGuard(), errorGuard()] },
      { budget: { maxCostUsd: -1 } },
      { budget: { maxCases: 1.5 } },
    ]) {
      expect(await codeOf(manager.canary("v2", { cases, ...unsound }))).toBe("ARGUMENT_INVALID");
    }

    const { manager: empty } = await bench({ evals: scoreTable({}) });
    expect(await codeOf(empty.canary("v2", { cases }))).toBe("RELEASE_NOT_LIVE");
    const { manager: noRunner } = await bench({ promoted: 1 });
    expect(await codeOf(noRunner.canary("v2", { cases }))).toBe("ARGUMENT_INVALID");
  });
});

describe("ReleaseManager.release", () => {
  it("promotes on promote, and leaves live in place on anything else", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v3: { q0: 0.4 } }) });
    expect(await manager.release("v2", { cases: casesOf(1), gate: plain, by: "ana" })).toMatchObject({
      promoted: true,
      live: "v2",
    });
    expect(await manager.release("v3", { cases: casesOf(1), gate: plain })).toMatchObject({
      promoted: false,
      live: "v2",
      verdict: { verdict: "rollback" },
    });
    expect(await manager.release("v1", { cases: casesOf(1), gate: always("hold") })).toMatchObject({
      promoted: false,
      live: "v2",
    });
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
    const [, promoted] = await manager.history({ types: ["promoted"] });
    expect(promoted).toMatchObject({ release: "v2", by: "ana" });
    expect(promoted?.why).toContain("not below");
  });

  it("does not promote on a verdict about a release that a rollback has replaced meanwhile", async () => {
    const { state } = createMemoryStorage();
    const operator = createReleaseManager({ state });
    const evals = runnerOf(async () => {
      await operator.rollback({ by: "operator" });
      return { score: 1 };
    });
    const manager = createReleaseManager({ state, evals });
    for (const name of ["v1", "v2", "v3"]) await manager.register(name, bundleOf(name));
    await manager.promote("v1");
    await manager.promote("v2");
    expect(await codeOf(manager.release("v3", { cases: casesOf(1), gate: pointEstimate() }))).toBe(
      "RELEASE_CONFLICT",
    );
    expect((await manager.live())?.name).toBe("v1");
    expect(await manager.history({ types: ["canaryJudged"] })).toHaveLength(1);
  });
});
