/** Do the digits of a number, marks between them left out, end in their Luhn check digit (ISO/IEC 7812-1)? */
export function isLuhn(written: string): boolean {
  let sum = 0;
  let double = false;
  for (let at = written.length - 1; at >= 0; at -= 1) {
    const digit = written.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    sum += double ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
    double = !double;
  }
  return sum % 10 === 0;
}
