import type { Operator } from "./operator.ts";

/** Takes a value out and puts nothing in, or a space where two words would grow together. */
export function drop(): Operator {
  return { id: "drop", begin: () => () => "" };
}
