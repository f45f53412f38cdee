import type { Finding } from "@keelson/core";
import type { Operator, OperatorInput } from "../operators/operator.ts";
import { codeAt, isWord } from "./char-codes.ts";
import type { DecidedPiece, LocatedValue } from "./document.ts";
import { normalizeValue } from "./normalize.ts";
import { placeholderName } from "./placeholders.ts";
import { redactionFailed } from "./redaction-failed.ts";

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
export interface Writer {
  /** Takes note of a numbered placeholder that stands at an offset of the document. */
  onNumbered(label: string, number: number, at: number): void;
  /** Writes the next piece. */
  write(piece: DecidedPiece): WrittenPiece;
}

/** Makes a writer. What a document may need is made when it does: most hold one value or none. */
export function createWriter({ operatorOf, includeValues }: WritingRules): Writer {
  const replacers: { readonly operator: Operator; readonly replace: (input: OperatorInput) => string }[] = [];
  const numbers: { readonly label: string; readonly number: number; readonly at: number }[] = [];
  let passed = 0; // of the numbers
  let taken: Map<string, number> | undefined;
  let outputLength = 0;

  const takenOf = (label: string): number => taken?.get(label) ?? 0;

  const passNumbersBefore = (at: number): void => {
    for (; passed < numbers.length; passed += 1) {
      const { label, number, at: place } = numbers[passed] as (typeof numbers)[number];
      if (place >= at) break;
      taken ??= new Map();
      taken.set(label, Math.max(takenOf(label), number));
    }
    // A stream brings more of them: what is passed goes, half of the list at once, since each time costs all of it.
    if (passed * 2 > numbers.length) {
      numbers.splice(0, passed);
      passed = 0;
    }
  };

  const replacerOf = (type: string): ((input: OperatorInput) => string) => {
    const operator = operatorOf(type);
    for (const begun of replacers) if (begun.operator === operator) return begun.replace;
    const replace = operator.begin();
    replacers.push({ operator, replace });
    return replace;
  };

  /** What an operator puts in. It fails closed: an error or answer of an operator may hold the value. */
  const replace = (input: OperatorInput): string => {
    let replacement: unknown;
    try {
      replacement = replacerOf(input.type)(input);
    } catch {
      throw redactionFailed(`the operator for ${input.type} threw`);
    }
    if (typeof replacement === "string") return replacement;
    throw redactionFailed(`the operator for ${input.type} gave no string`);
  };

  return {
    onNumbered: (label, number, at) => void numbers.push({ label, number, at }),
    write({ text, base, from, to, found }) {
      const findings: RedactionFinding[] = [];
      let written = "";
      let copied = from;
      for (let i = 0; i < found.length; i += 1) {
        const { type, detector, score, reason, start, end, plain } = found[i] as LocatedValue;
        if (numbers.length > 0) passNumbersBefore(base + start);
        written += text.slice(copied, start);
        const value = text.slice(start, end);
        let replacement = replace({
          type,
          label: placeholderName(type),
          value,
          normalized: () => normalizeValue(type, plain ?? value),
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
