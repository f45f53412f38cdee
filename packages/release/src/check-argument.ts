import { argumentInvalid } from "@keelson/core";

/** What was given, to be read in an error. What is no number may be an answer's text. */
const shown = (value: unknown): string =>
  typeof value === "number" ? String(value) : `no number but ${typeof value}`;

/** Refuses what is not a whole number of at least `least`. */
export function checkWhole(argument: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw argumentInvalid(argument, `is ${shown(value)}, expected a whole number of at least ${least}`);
}

/** Refuses what is not a number of 0 to 1. */
export function checkShare(argument: string, value: number): void {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw argumentInvalid(argument, `is ${shown(value)}, expected 0 to 1`);
}

/** Refuses what is not a number of 0 to 2^53 - 1: the sum of a few that are beyond all measure is infinite, and no JSON. */
export function checkAmount(argument: string, value: number): void {
  if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return;
  throw argumentInvalid(argument, `is ${shown(value)}, expected a number of 0 to 2^53 - 1`);
}

/** Refuses what is not a number above 0 and below 1. */
export function checkRate(argument: string, value: number): void {
  if (typeof value === "number" && value > 0 && value < 1) return;
  throw argumentInvalid(argument, `is ${shown(value)}, expected above 0 and below 1`);
}

/** Refuses what does not say whether an answer failed: `null`, above all, which would count as a failure. */
export function checkError(argument: string, value: string | boolean | undefined): void {
  if (value === undefined || typeof value === "boolean" || typeof value === "string") return;
  throw argumentInvalid(argument, "is neither text nor true or false");
}
