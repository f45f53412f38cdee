import { describe, expect, it } from "vitest";
import type { CanaryProgress, GuardReport, RampStatus } from "../../src/index.ts";
import { terminalView } from "../../src/report.ts";
import { sampleRun } from "../report/sample-run.ts";

const EVIDENCE = {
  interval: { low: -0.3, high: 0.02, confidence: 0.9 },
  eHarm: 4.2,
  eNonInferiority: 0.5,
};

/** The sample's verdict with figures of its own, so that no tuning of a gate changes what is to be seen. */
async function ended(): Promise<CanaryProgress> {
  const { canary } = await sampleRun("worse");
  if (canary === undefined) throw new Error("the sample has no canary");
  const evidence = {
    ...canary.evidence,
    ...EVIDENCE,
    delta: -0.12,
    flips: { better: 0, worse: 6, same: 1039 },
    guards: [guard("errors", false), guard("latency-p95", true)],
  };
  const reason =
    "after 1,045 scored cases it is shown to be worse than live, which takes a long line to tell";
  return { type: "end", verdict: { ...canary, reason, evidence } };
}

function guard(id: string, breached: boolean): GuardReport {
  const eValue = breached ? 55 : 1;
  return { id, breached, eValue, alpha: 0.025, onBreach: "hold", summary: "as it is", report: {} };
}

async function rampOf(changes: Partial<RampStatus>): Promise<RampStatus> {
  const { ramp } = await sampleRun("worse");
  if (ramp === undefined) throw new Error("the sample has no ramp");
  return {
    ...ramp,
    reason: "as the test has it",
    stages: [0, 0.01, 0.5],
    stage: 1,
    exposed: 12,
    requests: 1234,
    exposedShare: 12 / 1234,
    candidate: { ...ramp.candidate, meanScore: 0.75 },
    baseline: { ...ramp.baseline, meanScore: 0.875 },
    gate: { id: "g", evidence: { ...EVIDENCE, morePairs: 3 } },
    guards: [guard("errors", false)],
    ...changes,
  };
}

describe("terminalView", { timeout: 60_000 }, () => {
  it("tells how far a canary has come", () => {
    const start = { type: "start", cases: 1200, earlierCases: 40 } as const;
    expect(terminalView({ canary: start })).toEqual(["canary   1,200 cases to run, 40 counted before"]);
    const evidence = { ...EVIDENCE, morePairs: 10 };
    const counts = { done: 30, cases: 40, scored: 29, delta: 0.01, costUsd: 0.125 };
    expect(terminalView({ canary: { type: "progress", ...counts, evidence } })).toMatchInlineSnapshot(`
      [
        "canary   [###################------] 30 of 40 cases, 29 pairs, $0.13",
        "mean     [.=========:=*=...........] +1 points, truly −30 to +2",
        "harm     [############-------------] 4.2 of 20",
        "no harm  [-------------------------] 0.5 of 20",
      ]
    `);
    const nothing = { interval: null, eHarm: null, eNonInferiority: null, morePairs: null };
    const plain = terminalView({ canary: { type: "progress", ...counts, evidence: nothing } });
    expect(plain).toMatchInlineSnapshot(`
      [
        "canary   [###################------] 30 of 40 cases, 29 pairs, $0.13",
        "mean     [.:..........|.*..........] +1 points",
      ]
    `);
  });

  it("tells a verdict with its guards", async () => {
    expect(terminalView({ canary: await ended() })).toMatchInlineSnapshot(`
      [
        "canary   v2 against v1",
        "verdict  rollback: after 1,045 scored cases it is shown to be worse than live...",
        "cases    0 better, 6 worse, 1,039 the same",
        "mean     [.=======*=:=|=...........] −12 points, truly −30 to +2",
        "harm     [############-------------] 4.2 of 20",
        "no harm  [-------------------------] 0.5 of 20",
        "guard    quiet errors 1 of 40: as it is",
        "guard    BREACHED latency-p95 55 of 40: as it is",
      ]
    `);
  });

  it("tells how a ramp stands", async () => {
    expect(terminalView({ ramp: await rampOf({}) }, { margin: 0.1, alpha: 0.01 })).toMatchInlineSnapshot(`
      [
        "ramp     v2 over v1",
        "state    rolledBack: as the test has it",
        "stages   shadow done > [1%] > 50%",
        "exposed  12 of 1,234 requests (0.9724%)",
        "mean     [.======*:===|=...........] −12.5 points, truly −30 to +2",
        "harm     [########-----------------] 4.2 of 100",
        "no harm  [-------------------------] 0.5 of 20",
        "guard    quiet errors 1 of 40: as it is",
      ]
    `);
    const running = { state: "running", reason: undefined, waitingFor: "evidence" } as const;
    expect(terminalView({ ramp: await rampOf(running) })[1]).toBe("state    running: waits for evidence");
    const paused = await rampOf({ ...running, paused: { why: "lunch", by: "ana" } });
    expect(terminalView({ ramp: paused })[1]).toBe("state    running: paused, lunch");
  });

  it("keeps to the width", async () => {
    const ramp = await rampOf({});
    for (const width of [60, 80, 120]) {
      for (const line of terminalView({ canary: await ended(), ramp }, { width })) {
        expect(line.length).toBeLessThanOrEqual(width);
      }
    }
  });

  it("colours only when asked to, and not where NO_COLOR says no", async () => {
    const canary = await ended();
    const plain = terminalView({ canary });
    const painted = terminalView({ canary }, { color: true });
    expect(painted[1]).toBe(plain[1]?.replace(/^(verdict {2})(.*)$/, "$1\u001b[31m$2\u001b[39m"));
    expect(terminalView({ canary }, { color: true, env: { NO_COLOR: "" } })).toEqual(painted);
    expect(terminalView({ canary }, { color: true, env: { NO_COLOR: "1" } })).toEqual(plain);
  });

  it("lets no id or reason speak to the terminal", async () => {
    const hostile = await rampOf({ reason: "\u001b[2J\u0007\nstate promoted\u202e" });
    const lines = terminalView({ ramp: hostile });
    expect(lines[1]).toBe("state    rolledBack: ␛[2J␇␊state promoted\ufffd");
  });

  it("refuses a width it can't keep, and rates that are none", async () => {
    for (const options of [{ width: 20 }, { margin: 0 }, { alpha: 1 }, { beta: Number.NaN }]) {
      expect(() => terminalView({}, options)).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
    }
  });
});
