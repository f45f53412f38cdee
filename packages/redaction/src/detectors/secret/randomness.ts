/** The Shannon entropy of a text's characters, in bits for each. */
function entropy(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    const kind = Math.min(text.charCodeAt(at), counts.length - 1);
    counts[kind] = (counts[kind] as number) + 1;
  }
  let bits = 0;
  // Each kind is counted once, and forgotten for the next text.
  for (let at = 0; at < text.length; at += 1) {
    const kind = Math.min(text.charCodeAt(at), counts.length - 1);
    const share = (counts[kind] as number) / text.length;
    counts[kind] = 0;
    if (share > 0) bits -= share * Math.log2(share);
  }
  return bits;
}

// By ASCII code; the last is for all other characters.
const counts = new Uint16Array(128);

// What people write where a secret would stand.
const STAND_IN = /█|x{5}|\*{3}|\.{3}|0{8}|example_|your[-_ ]|placeholder|redacted|<[^>]*>|\$\{|\{\{|\$\(/i;

/** Could a text be made by a random generator: enough different characters for its length, and no stand-in? */
export function isRandom(text: string, bits: number = text.length < 24 ? 2.6 : 3): boolean {
  return !STAND_IN.test(text) && entropy(text) >= bits;
}
