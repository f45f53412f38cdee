import { argumentInvalid } from "@keelson/core";

/** A day of the week, in English. */
export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/**
 * A time in which no ramp's share grows: once, between two instants, or every week. Evidence goes on, and so do breaches
 * and rollbacks.
 *
 * @example No ramp goes on from Friday afternoon to Monday morning, nor over the end of the year.
 * ```ts
 * import type { FreezeWindow } from "@keelson/release";
 *
 * export const freeze: FreezeWindow[] = [
 *   { days: ["fri"], from: "15:00", timeZone: "Europe/Berlin" },
 *   { days: ["sat", "sun"], timeZone: "Europe/Berlin" },
 *   { days: ["mon"], to: "08:00", timeZone: "Europe/Berlin" },
 *   { fromMs: Date.UTC(2026, 11, 20), untilMs: Date.UTC(2027, 0, 4) },
 * ];
 * ```
 */
export type FreezeWindow =
  | {
      /** From this instant on, in epoch milliseconds. */
      readonly fromMs: number;
      /** Up to this instant, exclusive, in epoch milliseconds. */
      readonly untilMs: number;
    }
  | {
      /** On these days. Default: every day. */
      readonly days?: readonly Weekday[] | undefined;
      /** From this time of the day on, `HH:MM`. Default: `00:00`. */
      readonly from?: string | undefined;
      /** Up to this time of the day, exclusive, `HH:MM`. Before `from` it is one of the next day. Default: `24:00`. */
      readonly to?: string | undefined;
      /** Where days and times are read, as an IANA name. Default: `UTC`. */
      readonly timeZone?: string | undefined;
    };

const DAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DAY_MINUTES = 24 * 60;

/** Refuses windows that can't be. */
export function checkFreeze(windows: readonly FreezeWindow[]): void {
  for (const window of windows) {
    if ("fromMs" in window) {
      if (Number.isFinite(window.fromMs) && window.untilMs > window.fromMs) continue;
      throw argumentInvalid("freeze", "has a window that does not end after it begins");
    }
    const { days = [], from = "00:00", to = "24:00", timeZone = "UTC" } = window;
    for (const day of days)
      if (!DAYS.includes(day)) throw argumentInvalid("freeze", `has no day ${String(day)}`);
    if (!TIME.test(from)) throw argumentInvalid("freeze", `has a time of ${String(from)}, expected HH:MM`);
    if (to !== "24:00" && !TIME.test(to)) {
      throw argumentInvalid("freeze", `has a time of ${String(to)}, expected HH:MM`);
    }
    try {
      localTime(timeZone, 0);
    } catch {
      throw argumentInvalid("freeze", `has an unknown time zone ${String(timeZone)}`);
    }
  }
}

/** Is any of the windows open? */
export function isFrozen(windows: readonly FreezeWindow[], nowMs: number): boolean {
  return windows.some((window) => {
    if ("fromMs" in window) return nowMs >= window.fromMs && nowMs < window.untilMs;
    const { days = DAYS, timeZone = "UTC" } = window;
    const [from, to] = [minutesOf(window.from ?? "00:00"), minutesOf(window.to ?? "24:00")];
    const { day, minutes } = localTime(timeZone, nowMs);
    if (from < to) return days.includes(DAYS[day] as Weekday) && minutes >= from && minutes < to;
    // Over midnight: the window of today, or what is left of yesterday's.
    if (minutes >= from) return days.includes(DAYS[day] as Weekday);
    return minutes < to && days.includes(DAYS[(day + 6) % 7] as Weekday);
  });
}

/** The day of the week, from Monday as 0, and the minutes since midnight by the clocks on the wall there. */
function localTime(timeZone: string, nowMs: number): { day: number; minutes: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(nowMs);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  return {
    day: DAYS.indexOf(of("weekday").toLowerCase() as Weekday),
    minutes: Number(of("hour")) * 60 + Number(of("minute")),
  };
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number) as [number, number];
  return time === "24:00" ? DAY_MINUTES : hours * 60 + minutes;
}
