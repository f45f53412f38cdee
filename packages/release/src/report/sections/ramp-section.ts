import type { AuditEvent } from "../../audit-event.ts";
import type { RampSide, RampStatus } from "../../ramp.ts";
import { rampChart } from "../charts/ramp-chart.ts";
import { drawFigure, drawTable, name, section } from "../figure.ts";
import {
  count,
  dollars,
  duration,
  evidence,
  instant,
  interval,
  latency,
  percent,
  score,
} from "../figures.ts";
import { type Markup, markup } from "../markup.ts";
import { rampCourse } from "../ramp-course.ts";

const WORDS: Readonly<Record<RampStatus["state"], string>> = {
  running: "▸ Under way",
  promoted: "✓ Promoted",
  rolledBack: "✕ Rolled back",
};
const KINDS = { running: "hold", promoted: "promote", rolledBack: "rollback" } as const;

/** How far the ramp has come, how many requests it exposed, and both sides in its last stage. */
export function rampSection(status: RampStatus, history: readonly AuditEvent[]): Markup {
  const { state, reason, waitingFor, paused, gate, candidate, baseline } = status;
  const stages = rampCourse(status, history);
  const said = gate.evidence;
  const facts: [string, string | Markup][] = [
    ["Share now", percent(status.share)],
    [
      "Exposed",
      `${count(status.exposed)} of ${count(status.requests)} requests (${percent(status.exposedShare)})`,
    ],
    ["Compared", `${count(status.pairs)} blocks of answers`],
    ["Gate of the stage", name(gate.id)],
    ...(said === undefined ? [] : gateFacts(said)),
  ];
  if (paused !== undefined) facts.push(["Paused", pauseOf(paused)]);
  if (status.misrouted > 0) facts.push(["Misrouted", `${count(status.misrouted)} requests`]);
  const sides: [string, (side: RampSide) => string | Markup][] = [
    ["Release", ({ release }) => name(release)],
    ["Requests", ({ requests }) => count(requests)],
    ["Failed answers", ({ errors }) => count(errors)],
    ["Scored", ({ scored }) => count(scored)],
    ["Mean score", ({ meanScore }) => score(meanScore)],
    ["Mean latency", ({ meanLatencyMs }) => latency(meanLatencyMs)],
    ["Cost", ({ costUsd }) => dollars(costUsd)],
  ];
  const text = reason ?? (waitingFor === undefined ? "" : `waits for ${waitingFor}`);
  return section(
    "ramp-of-release",
    "Ramp",
    markup`<p class="verdict ${KINDS[state]}"><strong>${WORDS[state]}</strong> ${text}</p>
<dl>${facts.map(([term, fact]) => markup`<div><dt>${term}</dt><dd>${fact}</dd></div>`)}</dl>
`,
    drawFigure(rampChart(stages, state === "promoted"), {
      caption: "The stages of the ramp",
      heads: ["Share", "State", "Began", "Lasted", "Requests", "Served by the candidate"],
      rows: stages.map(({ share, state: how, fromMs, toMs, requests, exposed }) => [
        share === 0 ? "shadow" : percent(share),
        how === "rolledBack" ? "rolled back" : how,
        instant(fromMs),
        duration(fromMs === null || toMs === null ? null : toMs - fromMs),
        requests === null ? "–" : count(requests),
        exposed === null ? "–" : count(exposed),
      ]),
    }),
    drawTable({
      caption: `Both sides in stage ${status.stage + 1} of ${status.stages.length}`,
      heads: ["", "Candidate", "Baseline"],
      rows: sides.map(([term, of]) => [term, of(candidate), of(baseline)]),
    }),
  );
}

function gateFacts(said: NonNullable<RampStatus["gate"]["evidence"]>): [string, string][] {
  const claimed = said.interval === null ? "not claimed" : `${interval(said.interval)} points`;
  return [
    ["True difference", claimed],
    ["Evidence of harm", evidence(said.eHarm)],
    ["Evidence of no harm", evidence(said.eNonInferiority)],
  ];
}

function pauseOf({ why, by, guard }: NonNullable<RampStatus["paused"]>): Markup {
  const actor = guard ?? by;
  return markup`${actor === undefined ? "" : name(actor)} ${why}`;
}
