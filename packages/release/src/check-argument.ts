import { argumentInvalid } from "@keelson/core";

/** Refuses what is not a whole number of at least `least`. */
export function checkWhole(argument: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected a whole number of at least ${least}`);
}

/** Refuses what is not a number of 0 to 1. */
export function checkShare(argument: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected 0 to 1`);
}

/** Refuses what is not a finite number of at least 0. */
export function checkAmount(argument: string, value: number): void {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected a finite number of at least 0`);
}

/** Refuses what is not a number above 0 and below 1. */
export function checkRate(argument: string, value: number): void {
  if (value > 0 && value < 1) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected above 0 and below 1`);
}
