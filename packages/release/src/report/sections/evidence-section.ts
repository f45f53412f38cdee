import type { Verdict } from "../../verdict.ts";
import { confidenceChart } from "../charts/confidence-chart.ts";
import { evidenceChart } from "../charts/evidence-chart.ts";
import { pairsChart } from "../charts/pairs-chart.ts";
import { worstChart } from "../charts/worst-chart.ts";
import { drawFigure, name, section, type Table } from "../figure.ts";
import { count, evidence, interval, points, score } from "../figures.ts";
import { gateSettings } from "../gate-settings.ts";
import { type Markup, markup } from "../markup.ts";

const MOST_ROWS = 20;

/** The drawings of a canary, as far as there is something to draw. */
export function evidenceSection({ course, pairs, evidence: found }: Verdict): Markup {
  const settings = gateSettings(found.gate.report);
  const figures: Markup[] = [];
  if (course.length > 0) {
    const some = everySo(course, MOST_ROWS);
    figures.push(
      drawFigure(confidenceChart(course, settings.margin), {
        caption: "The difference by scored cases, in points",
        heads: ["Cases", "Mean difference", "True difference"],
        rows: some.map((point) => [count(point.scored), points(point.delta), interval(point.interval)]),
      }),
    );
    if (course.some(({ eHarm, eNonInferiority }) => eHarm !== null || eNonInferiority !== null)) {
      figures.push(
        drawFigure(evidenceChart(course, settings), {
          caption: "The evidence by scored cases, as e-values",
          heads: ["Cases", "Harm", "No harm"],
          rows: some.map((point) => [
            count(point.scored),
            evidence(point.eHarm),
            evidence(point.eNonInferiority),
          ]),
        }),
      );
    }
  }
  if (pairs.length > 0) figures.push(drawFigure(pairsChart(pairs), spread(found.flips)));
  if (found.worst.length > 0) {
    figures.push(
      drawFigure(worstChart(found.worst), {
        caption: "The cases it lost most on",
        heads: ["Case", "Baseline", "Candidate", "Difference in points"],
        rows: found.worst.map(({ caseId, baseline, candidate, delta }) => [
          name(caseId),
          score(baseline),
          score(candidate),
          points(delta),
        ]),
      }),
    );
  }
  if (figures.length === 0) figures.push(markup`<p>No case was scored on both sides.</p>\n`);
  return section("evidence-of-canary", "Evidence", ...figures);
}

function spread(flips: { better: number; worse: number; same: number }): Table {
  return {
    caption: "Cases by how the candidate did",
    heads: ["The candidate did", "Cases"],
    rows: [
      ["worse", count(flips.worse)],
      ["the same", count(flips.same)],
      ["better", count(flips.better)],
    ],
  };
}

/** So many of the points at most, evenly, the last one among them. */
function everySo<T>(points: readonly T[], most: number): T[] {
  const stride = Math.ceil(points.length / most);
  return points.filter((_, i) => (points.length - 1 - i) % stride === 0);
}
