/** How far a value is on its way, as a bar of so many characters. */
export function progressBar(part: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width);
  return `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
}

/** How far evidence is on its way from none to its limit, by powers of ten. */
export function evidenceBar(eValue: number, limit: number, width: number): string {
  return progressBar(Math.log(Math.max(1, eValue)) / Math.log(limit), width);
}

/** What stands on an axis from `-span` to `span`: `=` the interval, `:` the margin, `|` zero, `*` the mean. */
export function axis(
  marks: {
    readonly mean: number;
    readonly margin: number;
    readonly interval: { readonly low: number; readonly high: number } | null;
  },
  span: number,
  width: number,
): string {
  const place = (value: number): number =>
    Math.min(width - 1, Math.max(0, Math.round(((value + span) / (2 * span)) * (width - 1))));
  const line = new Array<string>(width).fill(".");
  if (marks.interval !== null) line.fill("=", place(marks.interval.low), place(marks.interval.high) + 1);
  line[place(-marks.margin)] = ":";
  line[place(0)] = "|";
  line[place(marks.mean)] = "*";
  return `[${line.join("")}]`;
}
