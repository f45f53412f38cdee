import { visibleText } from "@keelson/core";
import type { CanaryProgress } from "../canary.ts";
import { checkRate, checkWhole } from "../check-argument.ts";
import type { GateEvidence } from "../gate.ts";
import type { GuardReport } from "../guard.ts";
import type { RampStatus } from "../ramp.ts";
import { count, dollars, evidence, interval, percent, points } from "../report/figures.ts";
import { axis, evidenceBar, progressBar } from "./bars.ts";

/** What is to be seen: the latest that a canary's `onProgress` was told, a ramp's `status()`, or both. */
export interface TerminalRun {
  readonly canary?: CanaryProgress | undefined;
  readonly ramp?: RampStatus | undefined;
}

/** What {@link terminalView} takes. */
export interface TerminalViewOptions {
  /** How many characters a line has at most, at least 60. Default 80. */
  readonly width?: number | undefined;
  /** Colour states and verdicts by ANSI escapes. Default `false`. Nothing is told by colour alone. */
  readonly color?: boolean | undefined;
  /** The environment: a `NO_COLOR` in it that is not empty turns colours off, as no-color.org asks. Default: empty. */
  readonly env?: { readonly NO_COLOR?: string | undefined } | undefined;
  /** The margin of the canary's gate, to mark it. Default 0.05. */
  readonly margin?: number | undefined;
  /** The error rates of the canary's gate: evidence decides at their reciprocals. Default 0.05 each. */
  readonly alpha?: number | undefined;
  /** See `alpha`. */
  readonly beta?: number | undefined;
}

type Paint = (kind: "good" | "bad" | "wait", text: string) => string;

interface Look {
  readonly width: number;
  readonly paint: Paint;
  readonly margin: number;
  readonly alpha: number;
  readonly beta: number;
}

const COLORS = { good: 32, bad: 31, wait: 33 } as const;
const KINDS = {
  promote: "good",
  promoted: "good",
  rollback: "bad",
  rolledBack: "bad",
  hold: "wait",
} as const;
// Odd, so that an axis has a middle.
const BAR = 25;

/**
 * How a canary and a ramp stand, as lines for a terminal. Pure: print them where the last ones were. Ids and reasons
 * can't smuggle in control characters.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 *
 * @example
 * ```ts
 * import { terminalView } from "@keelson/release/report";
 *
 * const evidence = { interval: { low: -0.04, high: 0.06, confidence: 0.9 }, eHarm: 0.7, eNonInferiority: 9, morePairs: 30 };
 * const canary = { type: "progress", done: 60, cases: 200, scored: 60, delta: 0.01, costUsd: 0.4, evidence } as const;
 * for (const line of terminalView({ canary })) console.log(line);
 * // canary   [########-----------------] 60 of 200 cases, 60 pairs, $0.40
 * // mean     [...:.=======|=*=========.] +1 points, truly −4 to +6
 * // harm     [-------------------------] 0.7 of 20
 * // no harm  [##################-------] 9 of 20
 * ```
 */
export function terminalView({ canary, ramp }: TerminalRun, options: TerminalViewOptions = {}): string[] {
  const { width = 80, color = false, env = {}, margin = 0.05, alpha = 0.05, beta = 0.05 } = options;
  checkWhole("width", width, 60);
  for (const [name, rate] of Object.entries({ margin, alpha, beta })) checkRate(name, rate);
  const painted = color && (env.NO_COLOR ?? "") === "";
  const paint: Paint = (kind, text) => (painted ? `\u001b[${COLORS[kind]}m${text}\u001b[39m` : text);
  const look: Look = { width, paint, margin, alpha, beta };
  return [...(canary ? canaryLines(canary, look) : []), ...(ramp ? rampLines(ramp, look) : [])];
}

function canaryLines(canary: CanaryProgress, look: Look): string[] {
  if (canary.type === "start") {
    const earlier = canary.earlierCases > 0 ? `, ${count(canary.earlierCases)} counted before` : "";
    return [row("canary", `${count(canary.cases)} cases to run${earlier}`, look)];
  }
  if (canary.type === "progress") {
    const { done, cases, scored, delta, costUsd } = canary;
    const share = cases === 0 ? 1 : done / cases;
    const told = `${count(done)} of ${count(cases)} cases, ${count(scored)} pairs, ${dollars(costUsd)}`;
    return [
      row("canary", `${progressBar(share, BAR)} ${told}`, look),
      ...evidenceLines(delta, canary.evidence, look),
    ];
  }
  const { verdict, reason, evidence: found } = canary.verdict;
  const { better, worse, same } = found.flips;
  return [
    row("canary", `${found.candidate.release} against ${found.baseline.release}`, look),
    row("verdict", `${verdict}: ${reason}`, look, KINDS[verdict]),
    row("cases", `${count(better)} better, ${count(worse)} worse, ${count(same)} the same`, look),
    ...evidenceLines(found.delta ?? 0, found, look),
    ...guardLines(found.guards, look),
  ];
}

function rampLines(status: RampStatus, look: Look): string[] {
  const { state, reason, waitingFor, stage, stages, exposed, requests, exposedShare, paused, gate } = status;
  const why =
    reason ?? (paused?.why === undefined ? waitingFor && `waits for ${waitingFor}` : `paused, ${paused.why}`);
  const steps = stages.map((share, i) => {
    const name = share === 0 ? "shadow" : percent(share);
    return i === stage ? `[${name}]` : i < stage ? `${name} done` : name;
  });
  const { candidate, baseline } = status;
  const delta =
    candidate.meanScore === null || baseline.meanScore === null
      ? 0
      : candidate.meanScore - baseline.meanScore;
  return [
    row("ramp", `${candidate.release} over ${baseline.release}`, look),
    row(
      "state",
      why === undefined ? state : `${state}: ${why}`,
      look,
      state === "running" ? "wait" : KINDS[state],
    ),
    row("stages", steps.join(" > "), look),
    row("exposed", `${count(exposed)} of ${count(requests)} requests (${percent(exposedShare)})`, look),
    ...(gate.evidence === undefined ? [] : evidenceLines(delta, gate.evidence, look)),
    ...guardLines(status.guards, look),
  ];
}

function evidenceLines(mean: number, found: Omit<GateEvidence, "morePairs">, look: Look): string[] {
  const { interval: claimed, eHarm, eNonInferiority } = found;
  const { margin, alpha, beta } = look;
  const span =
    1.1 * Math.max(margin, Math.abs(mean), Math.abs(claimed?.low ?? 0), Math.abs(claimed?.high ?? 0));
  const within = claimed === null ? "" : `, truly ${interval(claimed)}`;
  const lines = [
    row(
      "mean",
      `${axis({ mean, margin, interval: claimed }, span, BAR)} ${points(mean)} points${within}`,
      look,
    ),
  ];
  if (eHarm !== null) {
    lines.push(
      row("harm", `${evidenceBar(eHarm, 1 / alpha, BAR)} ${evidence(eHarm)} of ${evidence(1 / alpha)}`, look),
    );
  }
  if (eNonInferiority !== null) {
    const told = `${evidence(eNonInferiority)} of ${evidence(1 / beta)}`;
    lines.push(row("no harm", `${evidenceBar(eNonInferiority, 1 / beta, BAR)} ${told}`, look));
  }
  return lines;
}

function guardLines(guards: readonly GuardReport[], look: Look): string[] {
  return guards.map(({ id, breached, eValue, alpha, summary }) => {
    const told = `${id} ${evidence(eValue)} of ${evidence(1 / alpha)}: ${summary}`;
    return row("guard", `${breached ? "BREACHED" : "quiet"} ${told}`, look, breached ? "bad" : undefined);
  });
}

/** A line under its name, cut to the width. */
function row(name: string, text: string, { width, paint }: Look, kind?: keyof typeof COLORS): string {
  const head = name.padEnd(9);
  const characters = [...visibleText(text)];
  const room = width - head.length;
  const cut =
    characters.length <= room ? characters.join("") : `${characters.slice(0, room - 3).join("")}...`;
  return head + (kind === undefined ? cut : paint(kind, cut));
}
