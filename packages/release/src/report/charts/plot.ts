import { visibleText } from "@keelson/core";
import { type Markup, markup } from "../markup.ts";

/** Maps values to places in a drawing. */
export type Scale = (value: number) => number;

/** A drawing with what it says in words. */
export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  /** What it is. */
  readonly title: string;
  /** What can be seen in it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly body: readonly Markup[];
}

/** The part of a drawing that data goes into; around it there is room for labels. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A chart as an SVG that is read out as one picture. */
export function drawChart({ id, title, description, width, height, body }: Chart): Markup {
  return markup`<svg role="img" aria-labelledby="${id}-title ${id}-desc" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>
${body.map(({ markup: drawn }) => ({ markup: `${drawn}\n` }))}</svg>`;
}

/** A straight scale from one range to another. */
export function linear(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const factor = to === from ? 0 : (end - start) / (to - from);
  return (value) => start + (value - from) * factor;
}

/** A scale by powers of ten. What is below its range is drawn at its edge. */
export function logarithmic(
  [from, to]: readonly [number, number],
  [start, end]: readonly [number, number],
): Scale {
  const scale = linear([Math.log10(from), Math.log10(to)], [start, end]);
  return (value) => scale(Math.log10(Math.min(to, Math.max(from, value))));
}

/** Round values that part a range into about five. */
export function ticks(from: number, to: number): number[] {
  const rough = (to - from) / 5;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const found: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/** A place, short enough to be read and stable from run to run. */
export function place(value: number): number {
  return Number(value.toFixed(1)) + 0;
}

/** A line through points. */
export function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${place(x)} ${place(y)}`).join("");
}

/** A straight line. */
export function line(kind: string, x1: number, y1: number, x2: number, y2: number): Markup {
  return markup`<line class="${kind}" x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}"/>`;
}

/** Words in a drawing. */
export function label(
  x: number,
  y: number,
  text: string,
  { anchor = "start", kind = "label" }: { anchor?: "start" | "middle" | "end"; kind?: string } = {},
): Markup {
  return markup`<text class="${kind}" x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${text}</text>`;
}

/** The grid and numbers of a vertical axis. */
export function verticalAxis(
  { left, right }: Frame,
  y: Scale,
  values: readonly number[],
  text: (value: number) => string,
): Markup[] {
  return values.flatMap((value) => [
    line("grid", left, y(value), right, y(value)),
    label(left - 8, y(value) + 4, text(value), { anchor: "end", kind: "tick" }),
  ]);
}

/** The numbers of a horizontal axis, and what they count. */
export function horizontalAxis(
  { left, right, bottom }: Frame,
  x: Scale,
  values: readonly number[],
  text: (value: number) => string,
  name: string,
): Markup[] {
  return [
    line("axis", left, bottom, right, bottom),
    ...values.flatMap((value) => [
      line("axis", x(value), bottom, x(value), bottom + 4),
      label(x(value), bottom + 18, text(value), { anchor: "middle", kind: "tick" }),
    ]),
    label((left + right) / 2, bottom + 36, name, { anchor: "middle", kind: "tick" }),
  ];
}

/** Text that fits a place, by so many characters. */
export function shorten(text: string, most: number): string {
  const characters = [...visibleText(text)];
  return characters.length <= most ? characters.join("") : `${characters.slice(0, most - 1).join("")}…`;
}

/** Ticks that count something. */
export function wholeTicks(most: number): number[] {
  return ticks(0, most).filter((value) => Number.isInteger(value));
}

/** A value kept within its bounds. */
export function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Labels to the right of the ends of lines, moved apart where they would cover each other. */
export function endLabels(x: number, labels: readonly (readonly [y: number, text: string])[]): Markup[] {
  const APART = 16;
  const sorted = [...labels].sort(([a], [b]) => a - b);
  let above = Number.NEGATIVE_INFINITY;
  return sorted.map(([y, text]) => {
    above = Math.max(y, above + APART);
    return label(x + 10, above + 4, text);
  });
}
