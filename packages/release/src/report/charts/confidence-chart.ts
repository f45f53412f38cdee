import type { CanaryPoint } from "../../verdict.ts";
import { count, interval, points } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";
import {
  type Chart,
  endLabels,
  type Frame,
  horizontalAxis,
  label,
  line,
  linear,
  path,
  place,
  ticks,
  verticalAxis,
  wholeTicks,
  within,
} from "./plot.ts";

const FRAME: Frame = { left: 64, right: 600, top: 24, bottom: 260 };

/** The mean difference over the pairs as they came, with the interval it lies in, beside zero and the margin. */
export function confidenceChart(course: readonly CanaryPoint[], margin: number | null): Chart {
  const last = course.at(-1) as CanaryPoint;
  const { left, right, top, bottom } = FRAME;
  const span = spanOf(course, margin);
  const x = linear([0, last.scored], [left, right]);
  const y = linear([span, -span], [top, bottom]);
  const drawn = course.map((point) => ({ ...point, x: x(point.scored) }));
  const banded = drawn.filter((point) => point.interval !== null);

  const body: Markup[] = [
    markup`<clipPath id="confidence-frame"><rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"/></clipPath>`,
    ...verticalAxis(FRAME, y, ticks(-span, span), (value) => points(value)),
    ...horizontalAxis(FRAME, x, wholeTicks(last.scored), count, "cases scored on both sides"),
    label(left, 14, "candidate minus baseline, in points", { kind: "tick" }),
  ];
  if (margin !== null) {
    const [zero, edge] = [y(0), Math.min(bottom, y(-margin))];
    body.push(
      markup`<rect class="margin" x="${left}" y="${place(zero)}" width="${right - left}" height="${place(edge - zero)}"/>`,
    );
  }
  if (banded.length > 0) {
    const upper = banded.map((point) => [point.x, y(point.interval?.high ?? 0)] as const);
    const lower = banded.map((point) => [point.x, y(point.interval?.low ?? 0)] as const).reverse();
    body.push(
      markup`<g clip-path="url(#confidence-frame)"><path class="band" d="${path([...upper, ...lower])}Z"/></g>`,
    );
  }
  body.push(line("zero", left, y(0), right, y(0)));
  if (margin !== null) body.push(line("limit", left, y(-margin), right, y(-margin)));
  body.push(
    markup`<g clip-path="url(#confidence-frame)"><path class="mean" d="${path(drawn.map((point) => [point.x, y(point.delta)]))}"/></g>`,
    markup`<circle class="mean-end" cx="${place(x(last.scored))}" cy="${place(within(y(last.delta), top, bottom))}" r="4"/>`,
    ...endLabels(right, [
      [within(y(last.delta), top, bottom), `mean ${points(last.delta)}`],
      [y(0), "no difference"],
      ...(margin === null ? [] : [[y(-margin), `margin ${points(-margin)}`] as const]),
    ]),
  );

  const confidence =
    last.interval === null ? "" : `, ${Number((100 * last.interval.confidence).toFixed(2))}% confidence`;
  return {
    id: "confidence",
    title: "The difference as the cases came in",
    description: `After ${count(last.scored)} scored cases the candidate's mean is ${points(last.delta)} points from the baseline's${
      last.interval === null ? "" : `, and the true difference lies in ${interval(last.interval)} points`
    }${confidence}.${margin === null ? "" : ` The margin is ${points(-margin)} points.`}`,
    width: 720,
    height: 300,
    body,
  };
}

/** How far up and down to draw: the end must be readable, the wide beginning may be cut off. */
function spanOf(course: readonly CanaryPoint[], margin: number | null): number {
  const last = course.at(-1) as CanaryPoint;
  const late = course.slice(Math.floor(course.length / 4)).map(({ delta }) => Math.abs(delta));
  const ends = last.interval === null ? [] : [Math.abs(last.interval.low), Math.abs(last.interval.high)];
  return Math.min(1, 1.4 * Math.max(0.02, margin ?? 0, ...late, ...ends));
}
