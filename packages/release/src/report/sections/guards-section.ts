import type { GuardReport } from "../../guard.ts";
import { linear, logarithmic, place } from "../charts/plot.ts";
import { drawTable, name, section } from "../figure.ts";
import { evidence } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";

const WIDTH = 120;

/** What was guarded beside the gate, and how near each guard came to its limit. */
export function guardsSection(id: string, heading: string, guards: readonly GuardReport[]): Markup {
  return section(
    id,
    heading,
    drawTable({
      caption: heading,
      heads: ["Guard", "State", "Evidence", "Breaches at", "Drawn", "What it saw"],
      rows: guards.map(({ id: guard, breached, onBreach, eValue, alpha, summary }) => [
        name(guard),
        markup`<span class="state">${breached ? `✕ breached: ${onBreach === "rollback" ? "rolls back" : "holds"}` : "✓ quiet"}</span>`,
        evidence(eValue),
        evidence(1 / alpha),
        bar(eValue, 1 / alpha),
        summary,
      ]),
    }),
  );
}

/** The evidence on its way to the limit, by powers of ten. The figures stand beside it. */
function bar(eValue: number, limit: number): Markup {
  const length = logarithmic([1, limit], [0, WIDTH])(eValue);
  const full = linear([0, WIDTH], [0, 100])(length);
  return markup`<svg class="bar" aria-hidden="true" viewBox="0 0 ${WIDTH} 12" width="${WIDTH}" height="12"><rect class="rail" x="0.5" y="0.5" width="${WIDTH - 1}" height="11"/><rect class="${full >= 100 ? "breach" : "fill"}" x="0" y="0" width="${place(length)}" height="12"/></svg>`;
}
