import { argumentInvalid } from "@keelson/core";
import type { ReleaseRun, RunSides } from "./release-run.ts";
import { reportHtml } from "./report-html.ts";
import { reportJson } from "./report-json.ts";
import { reportJunit } from "./report-junit.ts";

/**
 * - `html`: one page to look at, self-contained and without scripts.
 * - `json`: all figures, with sorted keys.
 * - `junit`: XML for CI servers: a test each for gate, guards, ramp and audit log.
 */
export type ReportFormat = "html" | "json" | "junit";

/** What {@link report} takes. */
export interface ReportOptions {
  /** Default `html`. */
  readonly format?: ReportFormat | undefined;
  /** What it is called. Default: `<candidate> against <baseline>`. */
  readonly title?: string | undefined;
}

/**
 * Tells of a release in one file: the verdict with its evidence, the ramp, the guards, the audit log. The same run always
 * gives the same text.
 *
 * It shows names, ids, figures, and the reasons and actors of the audit log. Case ids, names and reasons are text of
 * users, so all of it is escaped. It holds no prompt, question, answer or document, unless somebody put one into an
 * id or a reason.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is neither a canary nor a ramp, the two are of different candidates,
 * or the format is none of the three.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createReleaseManager, pointEstimate } from "@keelson/release";
 * import { report } from "@keelson/release/report";
 *
 * const releases = createReleaseManager({
 *   ...createMemoryStorage(),
 *   evals: { specVersion: 1, id: "demo@1", run: ({ prompt }) => ({ score: prompt === "v2" ? 0.5 : 1 }) },
 * });
 * for (const name of ["v1", "v2"]) await releases.register(name, { prompt: name, model: "small" });
 * await releases.promote("v1");
 * const canary = await releases.canary("v2", { cases: [{ id: "refund", input: "?" }], gate: pointEstimate() });
 *
 * const page = report({ canary, history: await releases.history(), audit: await releases.verifyAudit() });
 * console.log(page.startsWith("<!doctype html>"), page.includes("refund")); // true true
 * const xml = report({ canary }, { format: "junit" });
 * console.log(/<failure type="rollback"/.test(xml)); // true
 * ```
 */
export function report(run: ReleaseRun, options: ReportOptions = {}): string {
  const sides = sidesOf(run);
  const { format = "html", title = `${sides.candidate} against ${sides.baseline}` } = options;
  switch (format) {
    case "html":
      return reportHtml(run, sides, title);
    case "json":
      return reportJson(run, sides, title);
    case "junit":
      return reportJunit(run, sides, title);
    default:
      throw argumentInvalid("format", `is ${String(format)}, expected html, json or junit`);
  }
}

function sidesOf({ canary, ramp }: ReleaseRun): RunSides {
  const ofCanary = canary?.evidence;
  if (ofCanary && ramp && ofCanary.candidate.release !== ramp.candidate.release) {
    throw argumentInvalid("run", "has a canary and a ramp of different candidates");
  }
  const found = ofCanary ?? ramp;
  if (found === undefined) throw argumentInvalid("run", "has neither a canary nor a ramp");
  return { candidate: found.candidate.release, baseline: found.baseline.release };
}
