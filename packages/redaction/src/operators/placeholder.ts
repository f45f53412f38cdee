import type { Operator } from "./operator.ts";

/** Replaces a value by its type in brackets: `[email]`. The default. */
export function placeholder(): Operator {
  return { id: "placeholder", begin: () => (input) => `[${input.label}]` };
}
