import type { Finding } from "@keelson/core";
import type { Operator, OperatorInput } from "../operators/operator.ts";
import { codeAt, isWord } from "./char-codes.ts";
import type { DecidedPiece } from "./document.ts";
import { normalizeValue } from "./normalize.ts";
import { placeholderName } from "./placeholders.ts";

/** A finding with what a redactor can say beside its place. */
export interface RedactionFinding extends Finding {
  /** The value as it stood in the text. Only there when the redactor was asked for it: it is what must not be stored. */
  readonly value?: string | undefined;
}

/** What is written. */
export interface WrittenPiece {
  readonly text: string;
  readonly findings: RedactionFinding[];
}

/** What writing needs to know. */
export interface WritingRules {
  readonly operatorOf: (type: string) => Operator;
  readonly includeValues: boolean;
}

/** Writes one document, its values replaced, piece by piece. */
export function createWriter({ operatorOf, includeValues }: WritingRules): {
  /** Takes note of a numbered placeholder that stands at an offset of the document. */
  onNumbered(label: string, number: number, at: number): void;
  /** Writes the next piece. */
  write(piece: DecidedPiece): WrittenPiece;
} {
  const replacers = new Map<Operator, (input: OperatorInput) => string>();
  const numbers: { readonly label: string; readonly number: number; readonly at: number }[] = [];
  const taken = new Map<string, number>();
  let outputLength = 0;

  const takenOf = (label: string): number => taken.get(label) ?? 0;

  const passNumbersBefore = (at: number): void => {
    while (numbers[0] !== undefined && numbers[0].at < at) {
      const { label, number } = numbers.shift() as { label: string; number: number };
      taken.set(label, Math.max(takenOf(label), number));
    }
  };

  const replacerOf = (type: string): ((input: OperatorInput) => string) => {
    const operator = operatorOf(type);
    let replacer = replacers.get(operator);
    if (replacer === undefined) {
      replacer = operator.begin();
      replacers.set(operator, replacer);
    }
    return replacer;
  };

  return {
    onNumbered: (label, number, at) => void numbers.push({ label, number, at }),
    write({ text, base, from, to, found }) {
      const findings: RedactionFinding[] = [];
      let written = "";
      let copied = from;
      for (const located of found) {
        const { type, detector, score, reason, start, end } = located;
        passNumbersBefore(base + start);
        written += text.slice(copied, start);
        const value = text.slice(start, end);
        let replacement = replacerOf(type)({
          type,
          label: placeholderName(type),
          value,
          normalized: () => normalizeValue(type, located.plain),
          taken: takenOf,
        });
        // What is dropped must not make one word of two.
        if (replacement === "" && isWord(codeAt(text, start - 1)) && isWord(codeAt(text, end)))
          replacement = " ";
        const outputStart = outputLength + written.length;
        written += replacement;
        const finding = {
          type,
          start: base + start,
          end: base + end,
          outputStart,
          outputEnd: outputLength + written.length,
          detector,
          score,
          reason,
        };
        findings.push(includeValues ? { ...finding, value } : finding);
        copied = end;
      }
      written += text.slice(copied, to);
      outputLength += written.length;
      return { text: written, findings };
    },
  };
}
