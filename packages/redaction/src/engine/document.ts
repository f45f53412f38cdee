import type { Candidate, Stretch } from "./candidate.ts";
import type { CompiledDetectors } from "./compile.ts";
import { type FoldedText, fold, unfoldOffset, unfoldSpan } from "./fold.ts";
import type { PlaceholderHider } from "./placeholders.ts";
import { type Resolution, resolve, resolveAll } from "./resolve.ts";
import { createScanState, dropFront, rescan, scan } from "./scan.ts";

/** What is to be replaced in a text. Offsets count in the text as it was given. */
export interface LocatedValue extends Candidate {
  /** The value, disguises of single characters undone. Absent where it stands in the text without any. */
  readonly plain?: string | undefined;
}

/** A piece of a document that nothing behind it can change any more. */
export interface DecidedPiece {
  /** The text around it. */
  readonly text: string;
  /** Where `text` starts in the document. */
  readonly base: number;
  /** Where the piece starts in `text`. */
  readonly from: number;
  /** Where it ends in `text`, exclusive. */
  readonly to: number;
  /** What is to be replaced, with offsets in `text`, ascending and apart. */
  readonly found: readonly LocatedValue[];
}

/** What detection needs to know. */
export interface DetectionRules {
  readonly compiled: CompiledDetectors;
  readonly hider: PlaceholderHider;
  /** Is a value of that type to be left? */
  readonly allowed: ((type: string, plain: string) => boolean) | undefined;
  /** Is told of each numbered placeholder that an earlier redaction put in; `at` counts in the document. */
  readonly onNumbered: (label: string, number: number, at: number) => void;
}

/** Without the values that are to be left. */
function withoutAllowed(
  candidates: Candidate[],
  plain: string,
  allowed: DetectionRules["allowed"],
): Candidate[] {
  if (allowed === undefined) return candidates;
  return candidates.filter(({ type, start, end }) => !allowed(type, plain.slice(start, end)));
}

/** The winners as they stand in the text before it was folded. */
function locate(winners: Candidate[], hidden: string, folded: FoldedText): LocatedValue[] {
  if (folded.shifts === undefined) return winners;
  return winners.map((winner) => ({
    ...winner,
    ...unfoldSpan(hidden, folded, winner.start, winner.end),
    plain: folded.text.slice(winner.start, winner.end),
  }));
}

/** Finds what is to be replaced in a whole text. */
export function detect(text: string, { compiled, hider, allowed, onNumbered }: DetectionRules): DecidedPiece {
  const hidden = hider.hide(text, onNumbered);
  const folded = fold(hidden);
  const piece = { text: folded.text, hidden: hidden !== text, atStart: true, atEnd: true };
  const candidates: Candidate[] = [];
  scan(compiled, createScanState(), piece, candidates);
  const keep = (list: Candidate[]): Candidate[] => withoutAllowed(list, folded.text, allowed);
  const winners = resolveAll(keep(candidates), folded.text, (part, spans) =>
    keep(rescan(compiled, piece, part, spans)),
  );
  return { text, base: 0, from: 0, to: text.length, found: locate(winners, hidden, folded) };
}

// A text that comes in small pieces is looked at when so much more of it has come.
const STEP = 4_096;

/**
 * Finds the same in a text that is given in pieces of any size. The searches go on where they stopped, so that it makes
 * no difference where the text was cut; what is kept is what an open window, an open group of overlapping candidates or
 * an open placeholder still needs.
 */
export function createDocument({ compiled, hider, allowed, onNumbered }: DetectionRules): {
  /** Takes more of the text; `final` says that there is no more. */
  push(chunk: string, final: boolean): DecidedPiece;
} {
  const state = createScanState();
  let text = "";
  let hidden = ""; // `text` with its placeholders hidden, as far as it was looked at
  let anyHidden = false;
  let base = 0;
  let decided = 0; // in `text`
  let looked = 0; // how long `text` was when it was last looked at
  let candidates: Candidate[] = [];
  let region: Stretch | undefined; // the last one that was looked at again, or is to be

  const hideFresh = (final: boolean): void => {
    const fresh = hidden === "" ? text : text.slice(hidden.length);
    const whole = final ? fresh : fresh.slice(0, wholeUntil(fresh, hider.openAt(fresh)));
    const start = base + hidden.length;
    const freshHidden = hider.hide(whole, (label, number, at) => onNumbered(label, number, start + at));
    anyHidden ||= freshHidden !== whole;
    hidden = hidden === "" ? freshHidden : hidden + freshHidden;
  };

  const dropBefore = (kept: number, dropped: number, { open, region: last }: Resolution): void => {
    text = text.slice(dropped);
    hidden = hidden.slice(dropped);
    base += dropped;
    looked -= dropped;
    decided -= dropped;
    dropFront(state, kept);
    candidates = open.map((candidate) => ({
      ...candidate,
      start: candidate.start - kept,
      end: candidate.end - kept,
    }));
    region = last && { start: last.start - kept, end: last.end - kept };
  };

  return {
    push(chunk, final) {
      text = text === "" ? chunk : text + chunk;
      if (!final && text.length - looked < STEP) return { text, base, from: decided, to: decided, found: [] };
      looked = text.length;
      hideFresh(final);

      const folded = fold(hidden);
      const plain = folded.text;
      const piece = { text: plain, hidden: anyHidden, atStart: base === 0, atEnd: final };
      const keep = (list: Candidate[]): Candidate[] => withoutAllowed(list, plain, allowed);
      const found: Candidate[] = [];
      const frontier = scan(compiled, state, piece, found);
      const resolution = resolve(
        candidates.length === 0 ? keep(found) : candidates.concat(keep(found)),
        plain,
        (part, spans) => keep(rescan(compiled, piece, part, spans)),
        final ? undefined : frontier,
        region,
      );
      const { winners, cut } = resolution;

      const from = decided;
      decided = final ? text.length : Math.max(decided, unfoldOffset(folded, cut));
      const result = { text, base, from, to: decided, found: locate(winners, hidden, folded) };
      if (!final) {
        // Keep what windows to come can reach back to.
        const kept = Math.max(0, cut - compiled.left);
        dropBefore(kept, unfoldOffset(folded, kept), resolution);
      }
      return result;
    },
  };
}

/** Where the text ends that is there in whole: before an open placeholder and before half a pair of code units. */
function wholeUntil(text: string, open: number): number {
  return (text.charCodeAt(open - 1) & 0xfc00) === 0xd800 ? open - 1 : open;
}
