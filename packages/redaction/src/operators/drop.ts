import type { Operator } from "./operator.ts";

/**
 * Takes a value out and puts nothing in, or a space where two words would grow together. It leaves no trace that a value
 * was there: of values joined by a mark alone, as in `10.0.0.1.ada@example.com`, a second redaction may find one that
 * the first took for a part of something else. The other operators leave a trace, and nothing is found twice.
 */
export function drop(): Operator {
  return { id: "drop", begin: () => () => "" };
}
