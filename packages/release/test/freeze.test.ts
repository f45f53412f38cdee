import { describe, expect, it } from "vitest";
import { checkFreeze, isFrozen } from "../src/freeze.ts";
import type { FreezeWindow } from "../src/index.ts";

// 2026-03-27 is a Friday; Berlin's clocks go from 02:00 to 03:00 on Sunday, the 29th.
const at = (iso: string): number => Date.parse(iso);

describe("isFrozen", () => {
  it.each<[string, FreezeWindow, string, boolean]>([
    [
      "at the instant it begins",
      { fromMs: at("2026-03-27T00:00Z"), untilMs: at("2026-03-28T00:00Z") },
      "2026-03-27T00:00Z",
      true,
    ],
    [
      "not at the instant it ends",
      { fromMs: at("2026-03-27T00:00Z"), untilMs: at("2026-03-28T00:00Z") },
      "2026-03-28T00:00Z",
      false,
    ],
    ["on a whole day", { days: ["fri"] }, "2026-03-27T23:59Z", true],
    ["not on the day after", { days: ["fri"] }, "2026-03-28T00:00Z", false],
    ["on any day at its time", { from: "12:00", to: "13:00" }, "2026-03-27T12:59Z", true],
    ["not at its end", { from: "12:00", to: "13:00" }, "2026-03-27T13:00Z", false],
    ["until the end of the day", { days: ["fri"], from: "15:00" }, "2026-03-27T23:59:59Z", true],
    ["over midnight, before it", { days: ["fri"], from: "22:00", to: "06:00" }, "2026-03-27T22:00Z", true],
    ["over midnight, after it", { days: ["fri"], from: "22:00", to: "06:00" }, "2026-03-28T05:59Z", true],
    [
      "over midnight, not the morning before",
      { days: ["fri"], from: "22:00", to: "06:00" },
      "2026-03-27T05:59Z",
      false,
    ],
    ["over the end of the week", { days: ["sun"], from: "22:00", to: "06:00" }, "2026-03-30T01:00Z", true],
    ["by the clocks of its zone", { days: ["sat"], timeZone: "Europe/Berlin" }, "2026-03-27T23:00Z", true],
    [
      "by the clocks of its zone in winter",
      { from: "08:00", to: "09:00", timeZone: "Europe/Berlin" },
      "2026-03-27T07:30Z",
      true,
    ],
    [
      "by the clocks of its zone in summer",
      { from: "08:00", to: "09:00", timeZone: "Europe/Berlin" },
      "2026-03-30T06:30Z",
      true,
    ],
    [
      "not by those of another",
      { from: "08:00", to: "09:00", timeZone: "Europe/Berlin" },
      "2026-03-30T08:30Z",
      false,
    ],
  ])("is open %s", (_, window, instant, open) => {
    expect(isFrozen([window], at(instant))).toBe(open);
  });

  it("asks every window", () => {
    const windows: FreezeWindow[] = [{ days: ["sat"] }, { days: ["sun"] }];
    expect(isFrozen(windows, at("2026-03-29T12:00Z"))).toBe(true);
    expect(isFrozen([], at("2026-03-29T12:00Z"))).toBe(false);
  });
});

describe("checkFreeze", () => {
  it.each<[string, unknown]>([
    ["an end before its begin", { fromMs: 2, untilMs: 1 }],
    ["no end", { fromMs: 2 }],
    ["a day that is none", { days: ["friday"] }],
    ["an hour that is none", { from: "25:00" }],
    ["a time without minutes", { to: "5" }],
    ["a zone that is none", { timeZone: "Middle/Earth" }],
  ])("refuses a window with %s", (_, window) => {
    expect(() => checkFreeze([window as FreezeWindow])).toThrow("freeze");
  });
});
