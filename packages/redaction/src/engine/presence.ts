/**
 * Which ASCII characters a text holds, as four words of 32 bits. Of a short text it tells at once which triggers can't
 * be in it.
 */
export interface Presence {
  readonly low: number;
  readonly digits: number;
  readonly upper: number;
  readonly lower: number;
}

/** The characters of a text. */
export function presenceOf(text: string): Presence {
  let low = 0;
  let digits = 0;
  let upper = 0;
  let lower = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const bit = 1 << (code & 31);
    if (code >= 128) continue;
    if (code >= 96) lower |= bit;
    else if (code >= 64) upper |= bit;
    else if (code >= 32) digits |= bit;
    else low |= bit;
  }
  return { low, digits, upper, lower };
}

/** Sets of characters, of each of which one has to be there. */
export type Needs = readonly Presence[];

/** Makes needs of sets that are flags by ASCII code; a set that holds other characters as well says nothing. */
export function needsOf(sets: readonly Uint8Array[]): Needs {
  const texts = sets
    .filter((set) => set[128] !== 1)
    .map((set) => String.fromCharCode(...[...set.keys()].filter((code) => set[code] === 1)));
  // The smallest set is the likeliest to be missing.
  return [...new Set(texts)].sort((a, b) => a.length - b.length).map(presenceOf);
}

/** Is a character of each set there? */
export function meets({ low, digits, upper, lower }: Presence, needs: Needs): boolean {
  for (let at = 0; at < needs.length; at += 1) {
    const need = needs[at] as Presence;
    if (((low & need.low) | (digits & need.digits) | (upper & need.upper) | (lower & need.lower)) === 0)
      return false;
  }
  return true;
}
