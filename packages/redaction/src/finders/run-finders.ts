import type { AbortOptions } from "@keelson/core";
import { type Candidate, chooseAmong } from "../engine/candidate.ts";
import { HIDDEN } from "../engine/char-codes.ts";
import type { LocatedValue } from "../engine/document.ts";
import { redactionFailed } from "../engine/redaction-failed.ts";
import type { FoundSpan, SpanFinder } from "./span-finder.ts";

/**
 * Adds what the finders find to what the detectors found. `hidden` is the text with its placeholders hidden.
 *
 * @returns both, ascending and apart.
 */
export async function runFinders(
  finders: readonly SpanFinder[],
  text: string,
  hidden: string,
  located: readonly LocatedValue[],
  isAllowed: (type: string, value: string) => boolean,
  options: AbortOptions,
): Promise<LocatedValue[]> {
  const candidates: Candidate[] = [];
  for (const [order, finder] of finders.entries()) {
    let spans: Awaited<ReturnType<SpanFinder["find"]>>;
    try {
      spans = await finder.find(text, options);
    } catch {
      options.signal?.throwIfAborted();
      // The error is not attached: it may quote the text.
      throw redactionFailed(`the finder ${finder.id} failed`);
    }
    if (!Array.isArray(spans)) throw redactionFailed(`the finder ${finder.id} gave no list of spans`);
    for (const { type, start, end, score = 0.5 } of spans as readonly FoundSpan[]) {
      const inside =
        Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= text.length;
      if (!inside || !finder.types.includes(type) || !(score >= 0 && score <= 1)) {
        throw redactionFailed(`the finder ${finder.id} gave a malformed span`);
      }
      if (hidden.slice(start, end).includes(HIDDEN) || isAllowed(type, text.slice(start, end))) continue;
      candidates.push({ type, detector: finder.id, order, start, end, score, reason: "finder" });
    }
    options.signal?.throwIfAborted();
  }
  const winners = chooseAmong(candidates, located);
  return [...located, ...winners].sort((a, b) => a.start - b.start);
}
