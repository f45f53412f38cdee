/**
 * Which ASCII characters a text holds, as four words of 32 bits. Of a short text it tells at once which triggers can't
 * be in it.
 */
export interface Presence {
  readonly words: readonly [number, number, number, number];
}

/** The characters of a text. */
export function presenceOf(text: string): Presence {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const bit = 1 << (code & 31);
    if (code < 32) a |= bit;
    else if (code < 64) b |= bit;
    else if (code < 96) c |= bit;
    else if (code < 128) d |= bit;
  }
  return { words: [a, b, c, d] };
}

/** Sets of characters, of each of which one has to be there. */
export type Needs = readonly Presence[];

/** Makes needs of sets that are flags by ASCII code; a set that holds other characters as well says nothing. */
export const needsOf = (sets: readonly Uint8Array[]): Needs =>
  sets
    .filter((set) => set[128] !== 1)
    .map((set) => presenceOf(String.fromCharCode(...[...set.keys()].filter((code) => set[code] === 1))));

/** Is a character of each set there? */
export function meets(presence: Presence, needs: Needs): boolean {
  const [a, b, c, d] = presence.words;
  for (let at = 0; at < needs.length; at += 1) {
    const [e, f, g, h] = (needs[at] as Presence).words;
    if (((a & e) | (b & f) | (c & g) | (d & h)) === 0) return false;
  }
  return true;
}
