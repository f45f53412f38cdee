/** Do the first so many of a string of digits end in their Luhn check digit (ISO/IEC 7812-1)? Default: all of them. */
export function isLuhn(digits: string, count: number = digits.length): boolean {
  let sum = 0;
  for (let at = count - 1, double = false; at >= 0; at -= 1, double = !double) {
    const digit = digits.charCodeAt(at) - 48;
    sum += double ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit;
  }
  return sum % 10 === 0;
}
