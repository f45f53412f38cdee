import type { CanaryPoint } from "../../verdict.ts";
import { count, evidence } from "../figures.ts";
import type { GateSettings } from "../gate-settings.ts";
import { type Markup, markup } from "../markup.ts";
import {
  type Chart,
  endLabels,
  type Frame,
  horizontalAxis,
  label,
  line,
  linear,
  logarithmic,
  path,
  place,
  verticalAxis,
  wholeTicks,
  within,
} from "./plot.ts";

const FRAME: Frame = { left: 64, right: 600, top: 24, bottom: 260 };
const LEAST = 0.01;

/** Both e-values on their way to what would decide, by powers of ten. */
export function evidenceChart(course: readonly CanaryPoint[], { alpha, beta }: GateSettings): Chart {
  const last = course.at(-1) as CanaryPoint;
  const { left, right, top, bottom } = FRAME;
  const limits = [...new Set([alpha, beta].filter((rate) => rate !== null).map((rate) => 1 / rate))];
  const values = course.flatMap(({ eHarm, eNonInferiority }) => [eHarm ?? 1, eNonInferiority ?? 1]);
  const most = 10 ** Math.ceil(Math.log10(Math.min(1e6, Math.max(30, 1.2 * Math.max(...limits, ...values)))));
  const x = linear([0, last.scored], [left, right]);
  const y = logarithmic([LEAST, most], [bottom, top]);
  const curve = (of: (point: CanaryPoint) => number | null): [number, number][] =>
    [
      { scored: 0, value: 1 },
      ...course.map((point) => ({ scored: point.scored, value: of(point) ?? 1 })),
    ].map(({ scored, value }) => [x(scored), y(value)]);
  const end = (value: number | null): number => within(y(value ?? 1), top, bottom);

  const body: Markup[] = [
    ...verticalAxis(FRAME, y, powers(LEAST, most), (value) => (value >= 1 ? count(value) : String(value))),
    ...horizontalAxis(FRAME, x, wholeTicks(last.scored), count, "cases scored on both sides"),
    label(left, 14, "evidence, as an e-value (by powers of ten)", { kind: "tick" }),
    line("zero", left, y(1), right, y(1)),
    ...limits.map((limit) => line("limit", left, y(limit), right, y(limit))),
    markup`<path class="harm" d="${path(curve(({ eHarm }) => eHarm))}"/>`,
    markup`<rect class="harm-end" x="${place(x(last.scored) - 4)}" y="${place(end(last.eHarm) - 4)}" width="8" height="8"/>`,
    markup`<path class="mean" d="${path(curve(({ eNonInferiority }) => eNonInferiority))}"/>`,
    markup`<circle class="mean-end" cx="${place(x(last.scored))}" cy="${place(end(last.eNonInferiority))}" r="4"/>`,
    ...endLabels(right, [
      ...limits.map((limit) => [y(limit), `decides at ${evidence(limit)}`] as const),
      [end(last.eHarm), `harm ${evidence(last.eHarm)}`],
      [end(last.eNonInferiority), `no harm ${evidence(last.eNonInferiority)}`],
      [y(1), "none"],
    ]),
  ];
  const decides =
    limits.length === 0 ? "" : ` ${limits.map((limit) => evidence(limit)).join(" or ")} decides.`;
  return {
    id: "evidence",
    title: "The evidence for harm and for no harm",
    description: `After ${count(last.scored)} scored cases the evidence of harm is ${evidence(last.eHarm)}, and that of no harm beyond the margin ${evidence(last.eNonInferiority)}; 1 is none.${decides}`,
    width: 720,
    height: 300,
    body,
  };
}

function powers(from: number, to: number): number[] {
  const found: number[] = [];
  for (let power = Math.round(Math.log10(from)); power <= Math.round(Math.log10(to)); power++) {
    found.push(Number((10 ** power).toPrecision(1)));
  }
  return found;
}
