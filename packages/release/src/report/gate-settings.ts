import type { JsonObject } from "@keelson/core";

/** What a gate reports of its settings, where it does: the default gate reports all of them. */
export interface GateSettings {
  readonly margin: number | null;
  readonly alpha: number | null;
  readonly beta: number | null;
}

/** Reads them from a gate's own report, which may hold anything. */
export function gateSettings(report: JsonObject): GateSettings {
  const rate = (value: unknown): number | null =>
    typeof value === "number" && value > 0 && value < 1 ? value : null;
  return { margin: rate(report.margin), alpha: rate(report.alpha), beta: rate(report.beta) };
}
