import { createHash } from "node:crypto";
import type { Detector, DetectorTrigger } from "@keelson/core";

// Changes with every release that changes any rule outside the detectors: the engine, folding, normalising.
const RULES_VERSION = 1;

const triggerText = (trigger: DetectorTrigger): unknown =>
  trigger instanceof RegExp ? String(trigger) : trigger;

const detectorText = (detector: Detector): unknown => [
  detector.type,
  detector.name ?? null,
  detector.version ?? String(detector.verify),
  detector.triggers.map(triggerText),
  detector.left,
  detector.right,
  detector.budget ?? null,
];

/** Names a set of rules: another digest whenever a detector, an option or the engine's own rules change. */
export function redactorId(detectors: readonly Detector[], options: readonly unknown[]): string {
  const rules = JSON.stringify([RULES_VERSION, detectors.map(detectorText), options]);
  return `keelson-redactor@${createHash("sha256").update(rules).digest("hex").slice(0, 16)}`;
}
