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
  // The groups from the one asked about last up to where was counted.
  let starts: number[] = [];
  let sizes: number[] = [];
  let head = 0;
  let at = 0;
  let total = 0;
  let gap = 0;

  const restart = (start: number): void => {
    starts = [];
    sizes = [];
    head = 0;
    total = 0;
    at = start;
    gap = 1; // so that the first digit begins a group
  };

  return {
    reset: () => restart(0),
    count(text, start) {
      while (head < starts.length && (starts[head] as number) < start) {
        total -= sizes[head] as number;
        head += 1;
      }
      if (starts[head] !== start) restart(start);
      for (; total < most && gap <= MAX_GAP; at += 1) {
        const code = codeAt(text, at);
        if (isDigit(code)) {
          if (gap > 0) {
            starts.push(at);
            sizes.push(0);
          }
          gap = 0;
          total += 1;
          sizes[sizes.length - 1] = (sizes[sizes.length - 1] as number) + 1;
        } else if (isGap(code)) gap += 1;
        else break;
      }
      return total;
    },
  };
}
