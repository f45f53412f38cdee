import { digitAt } from "./digits.ts";

/** Does a string of digits end in its check digit by modulus 11, 10 (ISO/IEC 7064, hybrid)? */
export function isMod11Then10(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at += 1) {
    const sum = (digitAt(digits, at) + product) % 10 || 10;
    product = (2 * sum) % 11;
  }
  return (11 - product) % 10 === digitAt(digits, digits.length - 1);
}
