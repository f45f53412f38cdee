import type { Detector, DetectorTrigger } from "@keelson/core";
import { codeAt, isWord } from "../engine/char-codes.ts";
import { fold } from "../engine/fold.ts";
import { type ListRule, ruleText } from "./list-rule.ts";

/** A rule that makes findings: its values are redacted as `type`, whatever they look like. */
export type DenyRule = ListRule & { readonly type: string };

const MAX_WORD = 256;
const isEdge = (text: string, at: number): boolean => !isWord(codeAt(text, at));
const lower = (text: string): string => text.toLowerCase();

/**
 * Makes a detector of a deny rule. A value is found where it stands as a word of its own; a suffix with the word it
 * ends; a test is asked about every word, marks at its edges aside.
 */
export function denyDetector(rule: DenyRule): Detector {
  const shared = { type: rule.type, name: "deny", version: JSON.stringify(ruleText(rule)) };
  const match = (start: number, end: number) => ({ start, end, score: 1, reason: "deny" });
  if ("test" in rule) {
    return {
      ...shared,
      triggers: [/[^\s]{1,64}/],
      left: 1,
      right: MAX_WORD,
      verify({ text, start }) {
        if (start > 0 && /\S/.test(text[start - 1] ?? "")) return undefined;
        const word = /^\S+/.exec(text.slice(start))?.[0] ?? "";
        const from = start + (/^[("'`<[{]*/.exec(word)?.[0].length ?? 0);
        const value = word.slice(from - start).replace(/[)"'`>\]},.;:!?]+$/, "");
        return value !== "" && rule.test(value) ? match(from, from + value.length) : undefined;
      },
    };
  }
  const wanted = fold("value" in rule ? rule.value : rule.suffix).text;
  const isSuffix = "suffix" in rule;
  // Triggers are of 64 code units; a longer value is compared in whole behind the trigger.
  const triggers: DetectorTrigger[] = [wanted.slice(0, 64)];
  return {
    ...shared,
    triggers,
    left: isSuffix ? MAX_WORD : 1,
    right: Math.max(1, wanted.length) + 1,
    verify({ text, start }) {
      const end = start + wanted.length;
      if (lower(text.slice(start, end)) !== lower(wanted)) return undefined;
      if (!isEdge(text, end) && isWord(codeAt(wanted, wanted.length - 1))) return undefined;
      if (isSuffix) {
        const from = start - (/[^\s"'<>()[\]{},;]*$/.exec(text.slice(0, start))?.[0].length ?? 0);
        return match(from, end);
      }
      return isEdge(text, start - 1) || !isWord(codeAt(wanted, 0)) ? match(start, end) : undefined;
    },
  };
}
