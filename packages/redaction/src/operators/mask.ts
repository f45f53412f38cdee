import { KeelsonError } from "@keelson/core";
import { MASKED } from "../engine/char-codes.ts";
import type { Operator } from "./operator.ts";

/** What {@link mask} leaves to be seen. */
export interface MaskOptions {
  /** How many letters and digits to leave at the start, 0 to 4. Default 0. */
  readonly keepStart?: number | undefined;
  /** How many to leave at the end, 0 to 4. Default 4. */
  readonly keepEnd?: number | undefined;
}

const MOST = 4;

/**
 * Replaces letters and digits by `█` and leaves marks and a few characters: `████ ████ ████ 1111`. At least half of a
 * value is always masked. What is left to be seen is text like any other: joined to other text without a blank, a second
 * redaction may read it otherwise.
 *
 * @throws KeelsonError ARGUMENT_INVALID when more than four characters are to be left at an end.
 */
export function mask(options: MaskOptions = {}): Operator {
  const { keepStart = 0, keepEnd = 4 } = options;
  for (const [argument, count] of Object.entries({ keepStart, keepEnd })) {
    if (Number.isInteger(count) && count >= 0 && count <= MOST) continue;
    throw new KeelsonError("ARGUMENT_INVALID", `${argument} is a whole number of 0 to ${MOST}`, {
      details: { argument, reason: `is not a whole number of 0 to ${MOST}` },
    });
  }
  return {
    id: `mask:${keepStart}:${keepEnd}`,
    begin:
      () =>
      ({ value }) => {
        const count = value.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
        const keep =
          keepStart + keepEnd > count / 2 ? { start: 0, end: 0 } : { start: keepStart, end: keepEnd };
        let seen = 0;
        return value.replace(/[\p{L}\p{N}]/gu, (char) => {
          seen += 1;
          return seen <= keep.start || seen > count - keep.end ? char : MASKED;
        });
      },
  };
}
