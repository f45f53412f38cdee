import { type Detector, type DetectorWindow, isKeelsonError, type KeelsonError } from "@keelson/core";
import { createRedactor } from "../src/index.ts";

/** What a set of detectors finds in a text, as `TYPE:value`. */
export async function found(text: string, detectors?: readonly Detector[]): Promise<string[]> {
  const { findings } = await createRedactor({ detectors }).redact(text);
  return findings.map(({ type, start, end }) => `${type}:${text.slice(start, end)}`);
}

/** A detector that takes its trigger for a find. */
export const literal = (type: string, trigger: string, more: Partial<Detector> = {}): Detector => ({
  type,
  triggers: [trigger],
  left: 0,
  right: trigger.length,
  verify: ({ start, end }: DetectorWindow) => ({ start, end, score: 0.9 }),
  ...more,
});

/** The error that a call throws or a promise rejects with. */
export async function errorOf(call: () => unknown): Promise<KeelsonError> {
  try {
    await call();
  } catch (error) {
    if (isKeelsonError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
