import type { Operator } from "./operator.ts";

/**
 * Replaces a value by its type and a number: `[email_1]`, `[email_2]`. Within a document the same value has the same
 * number; across documents numbers mean nothing. Numbers of placeholders that stood in the text before are not given
 * out again.
 */
export function numbered(): Operator {
  return {
    id: "numbered",
    begin() {
      const numbers = new Map<string, number>();
      const last = new Map<string, number>();
      return ({ type, label, normalized, taken }) => {
        const value = `${type}\0${normalized()}`;
        let number = numbers.get(value);
        if (number === undefined) {
          number = Math.max(last.get(label) ?? 0, taken(label)) + 1;
          numbers.set(value, number);
          last.set(label, number);
        }
        return `[${label}_${number}]`;
      };
    },
  };
}
