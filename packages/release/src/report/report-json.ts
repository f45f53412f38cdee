import type { Json } from "@keelson/core";
import { canonicalJson } from "../bundle-id.ts";
import type { ReleaseRun, RunSides } from "./release-run.ts";
import { compareParts } from "./sections/parts-section.ts";

/** A run as JSON with sorted keys, for programs. Of the bundles it tells no more than which parts differ. */
export function reportJson({ releases, ...run }: ReleaseRun, sides: RunSides, title: string): string {
  const parts = releases && compareParts(releases.candidate, releases.baseline);
  // Through JSON first, which drops what is undefined.
  const plain = JSON.stringify({ format: 1, title, ...sides, ...run, ...(parts && { parts }) });
  return `${JSON.stringify(JSON.parse(canonicalJson(JSON.parse(plain) as Json)), undefined, 2)}\n`;
}
