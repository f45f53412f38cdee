import { assertNotes } from "./arguments.ts";
import { RotationRun, type RotationTools } from "./rotation-run.ts";
import type { ResumeOptions, ResumeResult, RotateOptions, RotateResult } from "./rotation-types.ts";

/** Carries out the `rotate` of a store. */
export function rotate(tools: RotationTools, name: string, options: RotateOptions): Promise<RotateResult> {
  return new RotationRun(tools, name, options).rotate();
}

/** Carries out the `resume` of a store. */
export async function resume(
  tools: RotationTools,
  name: string,
  options: ResumeOptions,
): Promise<ResumeResult> {
  assertNotes(options);
  const { rotation } = (await tools.records.load(name, options.signal)).secret;
  if (rotation === undefined) return { outcome: "none", version: undefined, secret: undefined };
  const { version, phase, graceMs, onOverlap } = rotation;
  const run = new RotationRun(tools, name, { ...options, graceMs, onOverlap });
  const result = await run.resume();
  if (result !== undefined) return { outcome: "completed", version, secret: result.secret };
  return { outcome: phase === "finish" ? "completed" : "taken-back", version, secret: undefined };
}
