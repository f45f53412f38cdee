import type { Json } from "@keelson/core";
import { collectEvidence, type EvidenceCollector } from "./canary-evidence.ts";
import type { Gate, GateDecision, GateEvidence } from "./gate.ts";
import type { GuardReport } from "./guard.ts";
import type { GuardSet } from "./guard-set.ts";
import type { PairedRun } from "./paired-runs.ts";
import type { CanaryPoint } from "./verdict.ts";

const MOST_POINTS = 100;

const NO_EVIDENCE: GateEvidence = Object.freeze({
  interval: null,
  eHarm: null,
  eNonInferiority: null,
  morePairs: null,
});

/** Folds runs into what gate, guards and evidence make of them. */
export interface CanaryJudge {
  readonly collected: EvidenceCollector;
  /** Counts a run of a case that is not scored yet. */
  push(run: PairedRun): void;
  /** What gate or guards have decided by now; with `done` the gate's last word. */
  decide(done: boolean): GateDecision | undefined;
  /** What the gate knows. */
  evidence(): GateEvidence;
  guardReports(): GuardReport[];
  /** The course so far, with the present as its last point. */
  course(): CanaryPoint[];
}

export function createCanaryJudge(gate: Gate, guards: GuardSet): CanaryJudge {
  const collected = collectEvidence();
  let gateState: Json = gate.init();
  let guardState = guards.init();
  let points: CanaryPoint[] = [];
  let stride = 1;

  const evidence = (): GateEvidence => gate.evidence?.(gateState) ?? NO_EVIDENCE;
  const point = (): CanaryPoint => ({
    scored: collected.pairs.length,
    delta: collected.delta,
    ...evidence(),
  });

  return {
    collected,
    push(run) {
      // A case that is run again because it had no score is no new evidence for the guards.
      if (!collected.has(run.caseId)) guardState = guards.push(guardState, run);
      const pair = collected.add(run);
      if (pair === undefined) return;
      const { caseId, candidate, baseline } = pair;
      gateState = gate.push(gateState, { caseId, candidate, baseline });
      if (collected.pairs.length % stride === 0) points.push(point());
      if (points.length < MOST_POINTS) return;
      points = points.filter((_, i) => i % 2 === 1);
      stride *= 2;
    },
    decide(done) {
      const { cases, pairs } = collected;
      const ofGate = gate.decide(gateState, { done, cases, scored: pairs.length });
      const breach = guards.breach(guardState);
      if (breach === undefined || ofGate?.verdict === "rollback") return ofGate;
      return { verdict: breach.onBreach, reason: `${breach.id}: ${breach.summary}`, report: ofGate?.report };
    },
    evidence,
    guardReports: () => guards.reports(guardState),
    course() {
      if (collected.pairs.length === 0) return [];
      return points.at(-1)?.scored === collected.pairs.length ? [...points] : [...points, point()];
    },
  };
}
