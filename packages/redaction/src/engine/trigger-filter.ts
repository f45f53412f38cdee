/** Sets of ASCII characters, a string each, of every one of which a text has to hold a character. */
export type Needs = readonly string[];

/** Makes needs of sets that are flags by ASCII code; a set that holds other characters as well says nothing. */
export function needsOf(sets: readonly Uint8Array[]): Needs {
  const needs = sets
    .filter((set) => set[128] !== 1)
    .map((set) => String.fromCharCode(...[...set.keys()].filter((code) => set[code] === 1)));
  return [...new Set(needs)];
}

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
  const stride = words * LEVELS;
  // By character, what it does for the first and for the second need of each trigger.
  const table = new Int32Array(128 * stride);
  const needless = new Int32Array(stride);
  const set = (bits: Int32Array, at: number, trigger: number): void => {
    const word = at + (trigger >> 5);
    bits[word] = (bits[word] as number) | (1 << (trigger & 31));
  };
  for (const [trigger, all] of needs.entries()) {
    const smallest = [...all].sort((a, b) => a.length - b.length);
    for (let level = 0; level < LEVELS; level += 1) {
      const need = smallest[level];
      if (need === undefined) set(needless, level * words, trigger);
      else for (const char of need) set(table, char.charCodeAt(0) * stride + level * words, trigger);
    }
  }

  const met = new Int32Array(stride);
  return (text) => {
    met.set(needless);
    for (let at = 0; at < text.length; at += 1) {
      const row = text.charCodeAt(at) * stride;
      if (row >= table.length) continue;
      for (let i = 0; i < stride; i += 1) met[i] = (met[i] as number) | (table[row + i] as number);
    }
    for (let i = words; i < stride; i += 1) met[i % words] = (met[i % words] as number) & (met[i] as number);
    return met;
  };
}
