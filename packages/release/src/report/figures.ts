/** What stands where a figure is not known. */
const NONE = "–";

/** A whole number with its thousands set apart. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A score, 0..1. */
export function score(value: number | null): string {
  return value === null ? NONE : String(Number(value.toFixed(4)));
}

/** A difference of scores in points of a hundred, with its sign. */
export function points(value: number | null): string {
  if (value === null) return NONE;
  const rounded = Number((100 * value).toFixed(2));
  if (rounded === 0) return "0";
  return rounded > 0 ? `+${rounded}` : `−${-rounded}`;
}

/** A share of the traffic, in percent. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(4))}%`;
}

/** An e-value. */
export function evidence(value: number | null): string {
  if (value === null) return NONE;
  if (value < 0.01) return "below 0.01";
  return value >= 1e6
    ? "above 1,000,000"
    : value >= 1000
      ? count(value)
      : String(Number(value.toPrecision(3)));
}

/** An interval of differences. */
export function interval(value: { readonly low: number; readonly high: number } | null): string {
  return value === null ? NONE : `${points(value.low)} to ${points(value.high)}`;
}

/** Milliseconds an answer took. */
export function latency(valueMs: number | null): string {
  return valueMs === null ? NONE : `${Number(valueMs.toPrecision(4))} ms`;
}

/** US dollars. */
export function dollars(valueUsd: number): string {
  return `$${valueUsd >= 0.01 || valueUsd === 0 ? valueUsd.toFixed(2) : String(Number(valueUsd.toPrecision(2)))}`;
}

/** A time, in UTC to the second. */
export function instant(atMs: number | null): string {
  return atMs === null ? NONE : `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** How long something took, in its two largest units. */
export function duration(valueMs: number | null): string {
  if (valueMs === null) return NONE;
  const units: [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
  ];
  const parts: string[] = [];
  let left = valueMs;
  for (const [unitMs, name] of units) {
    const whole = Math.floor(left / unitMs);
    left -= whole * unitMs;
    if (whole > 0) parts.push(`${whole} ${name}`);
  }
  return parts.length === 0 ? `${Math.round(valueMs)} ms` : parts.slice(0, 2).join(" ");
}
