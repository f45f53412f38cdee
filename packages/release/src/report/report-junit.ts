import type { GuardReport } from "../guard.ts";
import { type Markup, markup } from "./markup.ts";
import type { ReleaseRun, RunSides } from "./release-run.ts";

/** One check of a suite: what went wrong, why it was not settled, or nothing. */
interface Check {
  readonly name: string;
  readonly failure?: { readonly type: string; readonly message: string } | undefined;
  readonly skipped?: string | undefined;
  readonly output?: string | undefined;
}

/** A run as JUnit XML, for CI servers. Whatever is no promotion fails, as it does not let the candidate in. */
export function reportJunit({ canary, ramp, audit }: ReleaseRun, sides: RunSides, title: string): string {
  const { candidate, baseline } = sides;
  const suites: Markup[] = [];
  if (canary !== undefined) {
    const { verdict, reason, evidence, pairs } = canary;
    const failure = verdict === "promote" ? undefined : { type: verdict, message: reason };
    suites.push(
      suite(`canary of ${candidate} against ${baseline}`, [
        { name: `gate ${evidence.gate.id}`, failure, output: reason },
        ...evidence.guards.map(guardCheck),
      ]),
      // A case that came out worse is no failure of its own: the gate weighs them all.
      suite(
        `cases of ${candidate} against ${baseline}`,
        pairs.map((pair) => ({
          name: pair.caseId,
          output: `candidate ${pair.candidate}, baseline ${pair.baseline}, difference ${pair.delta}`,
        })),
      ),
    );
  }
  if (ramp !== undefined) {
    const { state, reason = "", waitingFor = "evidence" } = ramp;
    suites.push(
      suite(`ramp of ${candidate} over ${baseline}`, [
        {
          name: "ramp",
          failure: state === "rolledBack" ? { type: "rollback", message: reason } : undefined,
          skipped: state === "running" ? `under way, waits for ${waitingFor}` : undefined,
          output: `${ramp.exposed} of ${ramp.requests} requests were served by the candidate`,
        },
        ...ramp.guards.map(guardCheck),
      ]),
    );
  }
  if (audit !== undefined) {
    const { valid, fault, events } = audit;
    const message = fault === undefined ? "not sound" : `event ${fault.sequence}: ${fault.reason}`;
    const failure = valid ? undefined : { type: "audit", message };
    suites.push(suite("audit log", [{ name: "chain of events", failure, output: `${events} sound events` }]));
  }
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${title}">
${suites}</testsuites>
`.markup;
}

function guardCheck({ id, breached, onBreach, summary }: GuardReport): Check {
  return {
    name: `guard ${id}`,
    failure: breached ? { type: onBreach, message: summary } : undefined,
    output: summary,
  };
}

function suite(name: string, checks: readonly Check[]): Markup {
  const failures = checks.filter(({ failure }) => failure !== undefined).length;
  const skipped = checks.filter((check) => check.skipped !== undefined).length;
  const cases = checks.map(
    (check) =>
      markup`<testcase classname="${name}" name="${check.name}">${
        check.failure && markup`<failure type="${check.failure.type}" message="${check.failure.message}"/>`
      }${check.skipped === undefined ? "" : markup`<skipped message="${check.skipped}"/>`}${
        check.output === undefined ? "" : markup`<system-out>${check.output}</system-out>`
      }</testcase>\n`,
  );
  return markup`<testsuite name="${name}" tests="${checks.length}" failures="${failures}" errors="0" skipped="${skipped}">
${cases}</testsuite>
`;
}
