import { codeAt, isDigit, isGap } from "./char-codes.ts";

const MAX_GAP = 3;

/** Counts the digits of numbers whose groups are set apart by small gaps. */
export interface DigitCounter {
  /**
   * How many digits follow from the group that starts at `start`, no further than `most`. Groups are asked about in
   * order: what was counted for one is not counted again for the next.
   */
  count(text: string, start: number): number;
  /** Forgets the text. */
  reset(): void;
}

/** Makes a counter that counts up to `most`. */
export function createDigitCounter(most: number): DigitCounter {
  // Between `head`, the group asked about last, and `at` stand `total` digits, the last `gap` code units are none.
  let head = 0;
  let at = 0;
  let total = 0;
  let gap = 0;

  return {
    reset() {
      at = 0;
    },
    count(text, start) {
      if (start >= at) {
        head = at = start;
        total = gap = 0;
      }
      for (; head < start; head += 1) if (isDigit(codeAt(text, head))) total -= 1;
      for (; total < most && gap <= MAX_GAP; at += 1) {
        const code = codeAt(text, at);
        if (isDigit(code)) {
          gap = 0;
          total += 1;
        } else if (isGap(code)) gap += 1;
        else break;
      }
      return total;
    },
  };
}
