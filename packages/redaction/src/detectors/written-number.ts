import type { DetectorWindow } from "@keelson/core";
import { codeAt, isDigit, isGap } from "../engine/char-codes.ts";
import { isBreak, isChained } from "./window.ts";

/** A number as it is written: groups of digits with gaps of up to three marks between them. */
export interface WrittenNumber {
  /** All digits, gaps left out. */
  readonly digits: string;
  /** How many digits there are up to the end of each group. */
  readonly counts: readonly number[];
  /** Where each group ends in the text, exclusive. */
  readonly ends: readonly number[];
  /** How many groups stand before the first line break. */
  readonly onLine: number;
}

const NEWLINE = 10;
const MAX_GAP = 3;
const MAX_DIGITS = 19;
const MAX_GROUPS = 8;

/** Reads the number whose first digit stands at `start`, whole groups only, unless it is part of a longer chain. */
export function readNumber(text: string, start: number): WrittenNumber | undefined {
  if (!isBreak(text, start - 1) || isChained(text, start - 1, -1)) return undefined;
  const counts: number[] = [];
  const ends: number[] = [];
  let count = 0;
  let onLine = MAX_GROUPS;
  let gap = 0;
  let end = start;
  // One step for each character: where a group ends, it is known by what stands behind its last digit.
  for (let at = start; gap <= MAX_GAP && counts.length < MAX_GROUPS; at += 1) {
    const code = codeAt(text, at);
    if (isDigit(code)) {
      count += 1;
      gap = 0;
      if (count > MAX_DIGITS) break;
      continue;
    }
    if (gap === 0) {
      counts.push(count);
      ends.push(at);
      end = at;
    }
    if (!isGap(code)) break;
    if (code === NEWLINE && counts.length < onLine) onLine = counts.length;
    gap += 1;
  }
  const written = text.slice(start, end);
  return { digits: counts.length === 1 ? written : written.replace(/\D+/g, ""), counts, ends, onLine };
}

let lastWindow: DetectorWindow | undefined;
let lastNumber: WrittenNumber | undefined;

/** The number at the start of a window's trigger. Detectors of one reach share a window, so that it is read once. */
export function numberAt(window: DetectorWindow): WrittenNumber | undefined {
  if (window !== lastWindow) {
    lastNumber = readNumber(window.text, window.start);
    lastWindow = window;
  }
  return lastNumber;
}

/**
 * The last group up to which the number can be read, no further than `last`: at least so many digits, and no longer
 * chain goes on behind it. -1: there is none.
 */
export function readingUpTo(
  { counts, ends }: WrittenNumber,
  text: string,
  last: number,
  fewest: number,
): number {
  for (let group = last; group >= 0 && (counts[group] as number) >= fewest; group -= 1) {
    const end = ends[group] as number;
    if (isBreak(text, end) && !isChained(text, end, 1)) return group;
  }
  return -1;
}

/** How its digits are grouped up to a group: `3-3-4`. */
export const groupingOf = ({ counts }: WrittenNumber, last: number): string =>
  counts
    .slice(0, last + 1)
    .map((count, group) => count - (counts[group - 1] ?? 0))
    .join("-");
