/** The Shannon entropy of a text's characters, in bits for each. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

// What people write where a secret would stand.
const STAND_IN = /x{5}|\*{3}|\.{3}|0{8}|example_|your[-_ ]|placeholder|redacted|<[^>]*>|\$\{|\{\{|\$\(/i;

/** Could a text be made by a random generator: enough different characters for its length, and no stand-in? */
export function isRandom(text: string, bits: number = text.length < 24 ? 2.6 : 3): boolean {
  return !STAND_IN.test(text) && entropy(text) >= bits;
}
