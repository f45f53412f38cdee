import type { DetectorMatch, DetectorWindow } from "@keelson/core";
import type { Candidate, Stretch } from "./candidate.ts";
import { HIDDEN, MASKED } from "./char-codes.ts";
import type { BoundDetector, CompiledDetectors, CompiledTrigger } from "./compile.ts";
import { redactionFailed } from "./redaction-failed.ts";
import { isSet } from "./trigger-filter.ts";
import { SHORT, type TriggerSearch } from "./trigger-search.ts";

/** A piece of a text that is being scanned. */
export interface ScanText {
  /** The piece, disguises undone and placeholders hidden. */
  readonly text: string;
  /** Is a placeholder hidden in it? */
  readonly hidden: boolean;
  /** Does the piece begin where the document does? */
  readonly atStart: boolean;
  /** Does the piece end where the document does? */
  readonly atEnd: boolean;
}

/** How far the searches have come. One scan serves one document. */
export interface ScanState {
  /** From where each trigger is looked for next, in the piece at hand. */
  readonly positions: number[];
  /** Where a detector's last match by a trigger ends: it is not asked about that kind of trigger before. */
  readonly matchedUntil: number[];
  /** How many code units of windows each detector has seen. */
  readonly spent: number[];
}

/** The state before anything was scanned. */
export const createScanState = (): ScanState => ({ positions: [], matchedUntil: [], spent: [] });

/** Moves the state along when `count` code units are dropped from the front of the piece. */
export function dropFront(state: ScanState, count: number): void {
  for (const list of [state.positions, state.matchedUntil]) {
    for (let i = 0; i < list.length; i += 1) list[i] = Math.max(0, (list[i] ?? 0) - count);
  }
}

// How far behind a part that is scanned again its windows reach.
const RESCAN_RIGHT = 1_024;

/** What a detector says to a window, as a candidate, or nothing. `low` is where the window starts in the piece. */
function ask(bound: BoundDetector, window: DetectorWindow, low: number): Candidate | undefined {
  let match: DetectorMatch | undefined;
  try {
    match = bound.detector.verify(window);
  } catch {
    // The error is not attached: it may quote the text.
    throw redactionFailed(`the detector ${bound.name} threw`);
  }
  if (match === undefined) return undefined;
  const { type, name, order } = bound;
  const { start, end, score = 0.5, reason } = match;
  const inside = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end <= window.text.length;
  if (!inside || start >= end)
    throw redactionFailed(`the detector ${name} claimed something outside its window`);
  if (!(score >= 0 && score <= 1)) throw redactionFailed(`the detector ${name} gave a score outside 0..1`);
  return { type, detector: name, order, start: low + start, end: low + end, score, reason };
}

/** Shows a trigger that was found to its detectors, and pushes what they find. */
function askDetectors(
  bound: readonly BoundDetector[],
  { start, end, size }: TriggerSearch,
  { text, hidden, atStart, atEnd }: ScanText,
  state: ScanState,
  found: Candidate[],
): void {
  let window: DetectorWindow | undefined;
  let windowLow = 0;
  let windowHigh = 0;
  for (let i = 0; i < bound.length; i += 1) {
    const one = bound[i] as BoundDetector;
    if (size < one.minimum || start < (state.matchedUntil[one.slot] ?? 0)) continue;
    let low = Math.max(0, start - one.left);
    let high = Math.min(text.length, start + one.right);
    if (hidden) {
      low += Math.max(0, text.slice(low, start).lastIndexOf(HIDDEN));
      const after = text.slice(start, high).indexOf(HIDDEN);
      if (after >= 0) high = start + after + 1;
    }
    // Detectors of the same reach see the same window.
    if (window === undefined || low !== windowLow || high !== windowHigh) {
      windowLow = low;
      windowHigh = high;
      window = {
        text: text.slice(low, high),
        start: start - low,
        end: Math.min(end, high) - low,
        atStart: atStart && low === 0,
        atEnd: atEnd && high === text.length,
      };
    }
    if (one.budget !== Number.POSITIVE_INFINITY) {
      const spent = (state.spent[one.order] ?? 0) + high - low;
      state.spent[one.order] = spent;
      if (spent > one.budget) throw redactionFailed(`the detector ${one.name} went over its budget`);
    }
    const candidate = ask(one, window, low);
    if (candidate === undefined) continue;
    state.matchedUntil[one.slot] = candidate.end;
    const value = text.slice(candidate.start, candidate.end);
    // What was redacted or masked before stays as it is.
    if (!(hidden && value.includes(HIDDEN)) && !value.includes(MASKED)) found.push(candidate);
  }
}

/**
 * Looks for every trigger from where it was last looked for, shows the detectors their windows, and pushes what they
 * find. Triggers that more text could change are left for the next piece.
 *
 * @returns the frontier: whatever a later piece adds starts at or behind it.
 */
export function scan(
  { triggers, left: widest, possibleIn }: CompiledDetectors,
  state: ScanState,
  piece: ScanText,
  found: Candidate[],
): number {
  const { text, atStart, atEnd } = piece;
  const { length } = text;
  let frontier = length;
  const possible = atStart && atEnd && length <= SHORT ? possibleIn(text) : undefined;
  for (let index = 0; index < triggers.length; index += 1) {
    if (possible !== undefined && !isSet(possible, index)) continue;
    const { search, bound, right } = triggers[index] as CompiledTrigger;
    let from = state.positions[index] ?? 0;
    for (let fresh = true; ; fresh = false) {
      if (!search.find(text, from, fresh)) {
        from = atEnd ? length : Math.max(from, length - search.reach);
        break;
      }
      const { start, next } = search;
      if (!atEnd && start + Math.max(search.reach, right) > length) {
        from = Math.max(from, Math.min(start, length - search.reach));
        break;
      }
      askDetectors(bound, search, piece, state, found);
      from = next;
    }
    if (atEnd) continue;
    state.positions[index] = from;
    frontier = Math.min(frontier, from);
  }
  return atEnd ? length : Math.max(0, Math.min(frontier, length - RESCAN_RIGHT) - widest);
}

/**
 * Scans a part of a piece again with some spans of it hidden, ascending and apart, as a second redaction would see it.
 *
 * @returns what starts in that part.
 */
export function rescan(
  compiled: CompiledDetectors,
  { text, atStart, atEnd }: ScanText,
  part: Stretch,
  spans: readonly Stretch[],
): Candidate[] {
  const low = Math.max(0, part.start - compiled.left);
  const high = Math.min(text.length, part.end + RESCAN_RIGHT);
  let masked = "";
  for (const { start, end } of spans) {
    // A span may reach over the edge of what is looked at.
    const [from, to] = [Math.max(low, start), Math.min(high, end)];
    masked += text.slice(low + masked.length, from) + HIDDEN.repeat(to - from);
  }
  masked += text.slice(low + masked.length, high);
  const piece = {
    text: masked,
    hidden: true,
    atStart: atStart && low === 0,
    atEnd: atEnd && high === text.length,
  };
  const found: Candidate[] = [];
  const state = createScanState();
  for (const { search, bound } of compiled.triggers) {
    const searched = masked.slice(0, part.end - low + search.reach);
    let from = part.start - low;
    for (
      let fresh = true;
      search.find(searched, from, fresh) && search.start < part.end - low;
      fresh = false
    ) {
      from = search.next;
      askDetectors(bound, search, piece, state, found);
    }
  }
  return found
    .map((candidate) => ({ ...candidate, start: candidate.start + low, end: candidate.end + low }))
    .filter(({ start }) => start >= part.start && start < part.end);
}
