import { type Chart, drawChart } from "./charts/plot.ts";
import { type Markup, type MarkupValue, markup } from "./markup.ts";

/** Rows under their heads. The first cell of a row names it. */
export interface Table {
  /** What it lists. */
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly MarkupValue[])[];
}

/** A table that can be scrolled sideways, by keys too. */
export function drawTable({ caption, heads, rows }: Table): Markup {
  const body = rows.map(([name, ...cells]) => {
    const values = cells.map((cell) => markup`<td>${cell}</td>`);
    return markup`<tr><th scope="row">${name}</th>${values}</tr>\n`;
  });
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${body}</tbody></table></div>`;
}

/** A chart with what is to be seen in it in words, and its figures as a table. */
export function drawFigure(chart: Chart, table: Table): Markup {
  return markup`<figure aria-labelledby="${chart.id}-heading">
<h3 id="${chart.id}-heading">${chart.title}</h3>
<div class="scroll" role="region" aria-label="${chart.title}: drawing" tabindex="0">${drawChart(chart)}</div>
<figcaption>${chart.description}</figcaption>
<details><summary>As a table</summary>${drawTable(table)}</details>
</figure>
`;
}

/** An id or a name: it does not disturb the direction of what is around it. */
export function name(text: string): Markup {
  return markup`<bdi>${text}</bdi>`;
}

/** A part of the page under its heading. */
export function section(id: string, heading: string, ...body: readonly Markup[]): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${body}</section>
`;
}
