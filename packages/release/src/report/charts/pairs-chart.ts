import type { CaseComparison } from "../../verdict.ts";
import { count, points } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";
import { type Chart, type Frame, label, line, linear, place, verticalAxis } from "./plot.ts";

const FRAME: Frame = { left: 64, right: 700, top: 24, bottom: 240 };
const MOST_DOTS = 80;
const MOST_MARKS = 600;

/** Cases of one difference that stand side by side. */
interface Run {
  readonly delta: number;
  readonly from: number;
  readonly to: number;
}

/** Every pair by its difference, the worst first. In large sets equal ones run together, so that they stay small drawings. */
export function pairsChart(pairs: readonly CaseComparison[]): Chart {
  const { left, right, top, bottom } = FRAME;
  const deltas = pairs.map(({ delta }) => delta).sort((a, b) => a - b);
  const x = linear([0, deltas.length], [left, right]);
  const most = Math.max(0.05, ...[deltas[0] ?? 0, deltas.at(-1) ?? 0].map(Math.abs));
  const y = linear([most, -most], [top + 8, bottom - 8]);
  const [better, worse] = [
    deltas.filter((delta) => delta > 0).length,
    deltas.filter((delta) => delta < 0).length,
  ];
  const same = deltas.length - better - worse;

  const marks = runsOf(deltas).flatMap(({ delta, from, to }): Markup[] => {
    const kind = delta > 0 ? "better" : delta < 0 ? "worse" : "same";
    const [x1, x2, height] = [x(from), x(to), y(delta)];
    const area = markup`<rect class="${kind}-area" x="${place(x1)}" y="${place(Math.min(height, y(0)))}" width="${place(x2 - x1)}" height="${place(Math.abs(height - y(0)))}"/>`;
    // A run's end marks stay inside of it, and a single case is a dot in its middle.
    const inset = Math.min(3.5, (x2 - x1) / 2);
    const dots = line(kind, x1 + inset, height, Math.max(x1 + inset + 0.1, x2 - inset), height);
    return delta === 0 ? [dots] : [area, dots];
  });
  return {
    id: "pairs",
    title: "Every case by its difference",
    description: `Of ${count(deltas.length)} cases scored on both sides the candidate did worse on ${count(worse)}, the same on ${count(same)} and better on ${count(better)}. The largest loss is ${points(Math.min(0, deltas[0] ?? 0))} points, the largest gain ${points(Math.max(0, deltas.at(-1) ?? 0))}.`,
    width: 720,
    height: 280,
    body: [
      ...verticalAxis(FRAME, y, [-most, -most / 2, 0, most / 2, most], (value) => points(value)),
      label(left, 14, "candidate minus baseline, in points", { kind: "tick" }),
      ...marks,
      line("zero", left, y(0), right, y(0)),
      ...group(x, 0, worse, `${count(worse)} worse`),
      ...group(x, worse, worse + same, `${count(same)} the same`),
      ...group(x, worse + same, deltas.length, `${count(better)} better`),
    ],
  };
}

/** A bracket under some of the cases, with words where there is room for them. */
function group(x: (value: number) => number, from: number, to: number, text: string): Markup[] {
  if (from === to) return [];
  const [x1, x2] = [x(from), x(to)];
  const at = FRAME.bottom + 8;
  const bracket = markup`<path class="axis bracket" d="M${place(x1 + 1)} ${at}v6H${place(x2 - 1)}v-6"/>`;
  const half = 3.6 * text.length;
  const middle = Math.min(FRAME.right - half, Math.max(FRAME.left + half, (x1 + x2) / 2));
  const fits = x2 - x1 >= 2 * half;
  return fits ? [bracket, label(middle, at + 22, text, { anchor: "middle", kind: "tick" })] : [bracket];
}

/** Runs of equal differences. Where there are too many, neighbours are drawn as their mean; the ends stay. */
function runsOf(deltas: readonly number[]): Run[] {
  if (deltas.length <= MOST_DOTS) return deltas.map((delta, i) => ({ delta, from: i, to: i + 1 }));
  const runs: Run[] = [];
  deltas.forEach((delta, i) => {
    const before = runs.at(-1);
    if (before?.delta === delta) runs[runs.length - 1] = { ...before, to: i + 1 };
    else runs.push({ delta, from: i, to: i + 1 });
  });
  if (runs.length <= MOST_MARKS) return runs;
  const size = Math.ceil(deltas.length / MOST_MARKS);
  return Array.from({ length: Math.ceil(deltas.length / size) }, (_, i) => {
    const part = deltas.slice(i * size, (i + 1) * size);
    const delta = part.reduce((sum, value) => sum + value, 0) / part.length;
    return { delta, from: i * size, to: i * size + part.length };
  });
}
