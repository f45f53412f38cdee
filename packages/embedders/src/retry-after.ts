/**
 * How long to wait, in milliseconds, by the headers of an answer: `retry-after-ms`, or `retry-after` in seconds or as
 * a date (RFC 9110, 10.2.3). `undefined` where they do not say.
 *
 * @param nowMs The time to count a date from, in epoch milliseconds.
 */
export function retryAfterMs(
  header: (name: string) => string | undefined,
  nowMs: number,
): number | undefined {
  const ms = header("retry-after-ms");
  if (ms !== undefined && isNumber(ms)) return Number(ms);
  const value = header("retry-after");
  if (value === undefined) return undefined;
  if (isNumber(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function isNumber(value: string): boolean {
  return /^\d{1,12}(\.\d{1,12})?$/.test(value);
}
