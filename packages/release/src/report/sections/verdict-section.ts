import { provableMargin } from "../../provable-margin.ts";
import type { Verdict } from "../../verdict.ts";
import { drawTable, name, section } from "../figure.ts";
import { count, dollars, interval, latency, points, score } from "../figures.ts";
import { gateSettings } from "../gate-settings.ts";
import { type Markup, markup } from "../markup.ts";

/** The verdicts in words, each with a sign that needs no colour. */
const WORDS: Readonly<Record<Verdict["verdict"], string>> = {
  promote: "✓ Promote",
  rollback: "✕ Roll back",
  hold: "‖ Hold",
};

/** What the canary says, and both sides beside each other. */
export function verdictSection({ verdict, reason, evidence }: Verdict): Markup {
  const { candidate, baseline, flips, spend, gate } = evidence;
  const facts: [string, Markup | string][] = [
    ["Mean difference", `${points(evidence.delta)} points`],
    ["True difference", evidence.interval === null ? "not claimed" : intervalOf(evidence.interval)],
    ["Cases", `${count(evidence.scored)} of ${count(evidence.cases)} scored on both sides`],
    ["By case", `${count(flips.better)} better, ${count(flips.worse)} worse, ${count(flips.same)} the same`],
    ["Would decide", outlook(evidence.moreCases)],
    ["What so many cases can prove", provable(evidence.scored, gateSettings(gate.report).beta ?? undefined)],
    ["Spent", `${dollars(spend.costUsd)}, ${count(spend.runs)} answers; ${count(spend.savedRuns)} saved`],
    ["Gate", name(gate.id)],
    ["Scored by", name(evidence.evals)],
    ["Shuffled by seed", String(evidence.seed)],
  ];
  const sides: [string, (side: typeof candidate) => string | Markup][] = [
    ["Release", ({ release }) => name(release)],
    ["Bundle", ({ bundleId }) => markup`<code>${bundleId.slice(0, 12)}</code>`],
    ["Mean score", ({ mean }) => score(mean)],
    ["Cases without a score", ({ missing }) => count(missing)],
    ["Failed answers", ({ errors }) => count(errors)],
    ["Mean latency", ({ meanLatencyMs }) => latency(meanLatencyMs)],
    ["Cost", ({ costUsd }) => dollars(costUsd)],
  ];
  return section(
    "verdict",
    "Verdict",
    markup`<p class="verdict ${verdict}"><strong>${WORDS[verdict]}</strong> ${reason}</p>
<dl>${facts.map(([term, fact]) => markup`<div><dt>${term}</dt><dd>${fact}</dd></div>`)}</dl>
`,
    drawTable({
      caption: "Both sides",
      heads: ["", "Candidate", "Baseline"],
      rows: sides.map(([term, of]) => [term, of(candidate), of(baseline)]),
    }),
  );
}

function intervalOf(claimed: { low: number; high: number; confidence: number }): string {
  return `${interval(claimed)} points (${Number((100 * claimed.confidence).toFixed(2))}% confidence)`;
}

function outlook(moreCases: number | null): string {
  if (moreCases === null) return "can't be said";
  return moreCases === 0 ? "decided" : `about ${count(moreCases)} more cases`;
}

function provable(scored: number, beta: number | undefined): string {
  const margin = provableMargin(scored, beta);
  if (margin >= 1) return "nothing";
  return `no worse by ${Number((100 * margin).toPrecision(2))} points, had they all been equal`;
}
