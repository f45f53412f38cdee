import type { Candidate } from "./candidate.ts";
import type { CompiledDetectors } from "./compile.ts";
import { fold, unfoldOffset, unfoldSpan } from "./fold.ts";
import type { PlaceholderHider } from "./placeholders.ts";
import { resolve } from "./resolve.ts";
import { createScanState, dropFront, rescan, scan } from "./scan.ts";

/** What is to be replaced in a text. Offsets count in the text as it was given. */
export interface LocatedValue {
  readonly type: string;
  readonly detector: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly reason: string | undefined;
  /** The value, disguises of single characters undone. */
  readonly plain: string;
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

// A text that comes in small pieces is looked at when so much more of it has come.
const STEP = 4_096;

/**
 * Finds what is to be replaced in one document, given in pieces of any size. The searches go on where they stopped, so
 * that it makes no difference where the text was cut; what is kept is what an open window, an open group of overlapping
 * candidates or an open placeholder still needs.
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

  const hideFresh = (final: boolean): void => {
    const fresh = hidden === "" ? text : text.slice(hidden.length);
    const whole = final ? fresh : fresh.slice(0, wholeUntil(fresh, hider.openAt(fresh)));
    const start = base + hidden.length;
    const freshHidden = hider.hide(whole, (label, number, at) => onNumbered(label, number, start + at));
    anyHidden ||= freshHidden !== whole;
    hidden = hidden === "" ? freshHidden : hidden + freshHidden;
  };

  const dropBefore = (kept: number, dropped: number, open: readonly Candidate[]): void => {
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
      const keep = (list: Candidate[]): Candidate[] =>
        allowed === undefined
          ? list
          : list.filter(({ type, start, end }) => !allowed(type, plain.slice(start, end)));
      const found: Candidate[] = [];
      const frontier = scan(compiled, state, piece, found);
      const { winners, cut, open } = resolve(
        candidates.length === 0 ? keep(found) : candidates.concat(keep(found)),
        plain,
        (part, spans) => keep(rescan(compiled, piece, part, spans)),
        final ? undefined : frontier,
      );

      const from = decided;
      decided = final ? text.length : Math.max(decided, unfoldOffset(folded, cut));
      const located: LocatedValue[] = [];
      for (const { type, detector, score, reason, start, end } of winners) {
        const place = unfoldSpan(hidden, folded, start, end);
        const value = plain.slice(start, end);
        located.push({ type, detector, score, reason, start: place.start, end: place.end, plain: value });
      }
      const result = { text, base, from, to: decided, found: located };
      if (!final) {
        // Keep what windows to come can reach back to.
        const kept = Math.max(0, cut - compiled.left);
        dropBefore(kept, unfoldOffset(folded, kept), open);
      }
      return result;
    },
  };
}

/** Where the text ends that is there in whole: before an open placeholder and before half a pair of code units. */
function wholeUntil(text: string, open: number): number {
  return (text.charCodeAt(open - 1) & 0xfc00) === 0xd800 ? open - 1 : open;
}
