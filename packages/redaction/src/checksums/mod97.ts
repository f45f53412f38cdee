/** The remainder by 97 of a string of digits and capitals, `A` read as 10 and `Z` as 35 (ISO/IEC 7064). */
export function mod97(value: string): number {
  let remainder = 0;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    remainder = code < 58 ? (10 * remainder + code - 48) % 97 : (100 * remainder + code - 55) % 97;
  }
  return remainder;
}
