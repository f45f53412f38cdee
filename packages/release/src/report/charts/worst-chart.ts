import type { CaseComparison } from "../../verdict.ts";
import { count, points, score } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";
import { type Chart, label, line, linear, place, shorten } from "./plot.ts";

const ROW = 28;
const TOP = 44;
const LEFT = 240;
const RIGHT = 640;

/** The cases that the candidate lost most on: where the baseline stood, and where the candidate fell to. */
export function worstChart(worst: readonly CaseComparison[]): Chart {
  const x = linear([0, 1], [LEFT, RIGHT]);
  const bottom = TOP + ROW * worst.length;
  const rows = worst.flatMap(({ caseId, candidate, baseline, delta }, i): Markup[] => {
    const y = TOP + ROW * (i + 0.5);
    const [from, to] = [x(baseline), x(candidate)];
    return [
      label(LEFT - 16, y + 4, shorten(caseId, 30), { anchor: "end" }),
      line("lost", from, y, to, y),
      markup`<circle class="before" cx="${place(from)}" cy="${place(y)}" r="6"/>`,
      markup`<path class="after" d="M${place(to)} ${place(y - 7)}l7 7l-7 7l-7 -7Z"/>`,
      label(RIGHT + 16, y + 4, points(delta)),
    ];
  });
  const [first] = worst as readonly [CaseComparison];
  return {
    id: "worst",
    title: "The cases it lost most on",
    description: `${count(worst.length)} ${worst.length === 1 ? "case" : "cases"}, the worst first: ${shorten(first.caseId, 60)} went from ${score(first.baseline)} to ${score(first.candidate)}.`,
    width: 720,
    height: bottom + 40,
    body: [
      markup`<circle class="before" cx="${LEFT + 6}" cy="16" r="6"/>`,
      label(LEFT + 20, 20, "baseline", { kind: "tick" }),
      markup`<path class="after" d="M${LEFT + 120} 9l7 7l-7 7l-7 -7Z"/>`,
      label(LEFT + 134, 20, "candidate", { kind: "tick" }),
      ...[0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
        line("grid", x(value), TOP - 8, x(value), bottom),
        label(x(value), bottom + 18, String(value), { anchor: "middle", kind: "tick" }),
      ]),
      label((LEFT + RIGHT) / 2, bottom + 36, "score", { anchor: "middle", kind: "tick" }),
      ...rows,
    ],
  };
}
