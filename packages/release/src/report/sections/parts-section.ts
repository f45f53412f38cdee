import type { Bundle } from "@keelson/core";
import { canonicalJson } from "../../bundle-id.ts";
import type { Release } from "../../release.ts";
import { drawTable, section } from "../figure.ts";
import type { Markup } from "../markup.ts";

const PARTS: readonly (keyof Bundle)[] = ["prompt", "model", "index", "embedder", "config"];

/** One part of two bundles set against each other. Contents stay out, but for an index's generation or snapshot. */
export interface PartComparison {
  readonly part: string;
  readonly same: boolean;
  readonly candidate: string;
  readonly baseline: string;
}

/** Which parts of two releases differ. */
export function compareParts(candidate: Release, baseline: Release): PartComparison[] {
  return PARTS.map((part) => {
    const [ours, theirs] = [candidate.bundle[part], baseline.bundle[part]];
    const same = textOf(ours) === textOf(theirs);
    return {
      part,
      same,
      candidate: summary(candidate.bundle, part),
      baseline: summary(baseline.bundle, part),
    };
  });
}

/** What the candidate changes. */
export function partsSection(parts: readonly PartComparison[]): Markup {
  return section(
    "parts",
    "What differs",
    drawTable({
      caption: "Parts of both bundles; contents are not shown",
      heads: ["Part", "", "Candidate", "Baseline"],
      rows: parts.map(({ part, same, candidate, baseline }) => [
        part,
        same ? "same" : "≠ differs",
        candidate,
        baseline,
      ]),
    }),
  );
}

function textOf(part: Bundle[keyof Bundle]): string {
  return part === undefined ? "" : canonicalJson(part as never);
}

function summary({ index, embedder, ...rest }: Bundle, part: keyof Bundle): string {
  if (part === "index" && index !== undefined) {
    return `${index.name}, ${"generation" in index ? `generation ${index.generation}` : `snapshot ${index.snapshot}`}`;
  }
  if (part === "embedder" && embedder !== undefined)
    return `${embedder.id}, ${embedder.dimension} dimensions`;
  return (rest as Partial<Bundle>)[part] === undefined ? "none" : "given";
}
