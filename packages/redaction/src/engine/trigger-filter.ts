/** Sets of ASCII characters, a string each, of every one of which a text has to hold a character. */
export type Needs = readonly string[];

/** Makes needs of sets that are flags by ASCII code; a set that holds other characters as well says nothing. */
export function needsOf(sets: readonly Uint8Array[]): Needs {
  const needs = sets
    .filter((set) => set[128] !== 1)
    .map((set) => String.fromCharCode(...[...set.keys()].filter((code) => set[code] === 1)));
  return [...new Set(needs)];
}

// ASCII characters, and all others as one.
const OTHERS = 128;
const KINDS = OTHERS + 1;
// More are seldom told apart by: the smallest sets are the likeliest to be missing.
const LEVELS = 2;
const WORD_BITS = 32;

/** Is the bit of a trigger set? */
export const isSet = (bits: Int32Array, trigger: number): boolean =>
  ((bits[trigger >> 5] as number) & (1 << (trigger & 31))) !== 0;

/**
 * Tells of a short text by one look at its characters which triggers can't be in it: a bit for each trigger that can,
 * 32 of them in a word. The words are good until the next call.
 */
export function createTriggerFilter(needs: readonly Needs[]): (text: string) => Int32Array {
  const words = Math.ceil(needs.length / WORD_BITS);
  // By word, kind of character and level: what such a character does for the needs of each trigger. The last row is for
  // what no character has to do.
  const rows = KINDS + 1;
  const table = new Int32Array(words * rows * LEVELS);
  const set = (trigger: number, row: number, level: number): void => {
    const at = ((trigger >> 5) * rows + row) * LEVELS + level;
    table[at] = (table[at] as number) | (1 << (trigger & 31));
  };
  for (const [trigger, all] of needs.entries()) {
    const smallest = [...all].sort((a, b) => a.length - b.length);
    for (let level = 0; level < LEVELS; level += 1) {
      const need = smallest[level];
      if (need === undefined) set(trigger, KINDS, level);
      else for (const char of need) set(trigger, char.charCodeAt(0), level);
    }
  }

  const met = new Int32Array(words);
  return (text) => {
    for (let word = 0; word < words; word += 1) {
      const base = word * rows * LEVELS;
      let first = table[base + KINDS * LEVELS] as number;
      let second = table[base + KINDS * LEVELS + 1] as number;
      for (let at = 0; at < text.length; at += 1) {
        const row = base + Math.min(text.charCodeAt(at), OTHERS) * LEVELS;
        first |= table[row] as number;
        second |= table[row + 1] as number;
      }
      met[word] = first & second;
    }
    return met;
  };
}
