import type { Detector, DetectorTrigger } from "@keelson/core";
import { isBreak, isChained } from "../detectors/window.ts";

/** What makes a national number. */
export interface NationalNumberOptions {
  readonly type: string;
  /** Where it starts: so many digits, or a pattern. */
  readonly trigger: DetectorTrigger;
  /** Its form, marks included. Sticky. */
  readonly form: RegExp;
  /** Words that announce it, in the languages of the country. */
  readonly words: RegExp;
  /** Is the value, marks removed and in capitals, one that is given out? */
  readonly check: (value: string) => boolean;
  /**
   * What it takes to be found without such a word. `form`: its form and check prove it. `marks`: they do where marks
   * group it. `word`: nothing else does.
   */
  readonly proof: "form" | "marks" | "word";
}

/** Makes a detector of a national number with a check digit. */
export function nationalNumber({
  type,
  trigger,
  form,
  words,
  check,
  proof,
}: NationalNumberOptions): Detector {
  return {
    type,
    triggers: [trigger],
    left: 64,
    right: 40,
    version: "1",
    verify({ text, start }) {
      if (!isBreak(text, start - 1) || isChained(text, start - 1, -1)) return undefined;
      form.lastIndex = start;
      const found = form.exec(text)?.[0];
      if (found === undefined) return undefined;
      const end = start + found.length;
      if (!isBreak(text, end) || isChained(text, end, 1)) return undefined;
      const value = found.replace(/[\s.\-/]/g, "").toUpperCase();
      if (!check(value)) return undefined;
      if (words.test(text.slice(0, start))) return { start, end, score: 0.92, reason: "check, context" };
      const proved = proof === "form" || (proof === "marks" && value.length < found.length);
      return proved ? { start, end, score: 0.72, reason: "check" } : undefined;
    },
  };
}
