import { type CharSet, OTHERS } from "./pattern-bounds.ts";

/** Up to {@link LEVELS} sets: a text has to hold as many characters in a row, one of each. */
export type Needs = readonly CharSet[];

// Longer rows would seldom tell more apart.
const LEVELS = 3;
const WORD_BITS = 32;
const KINDS = OTHERS + 1;

/** The set of some characters. */
export const charsOf = (text: string): CharSet =>
  Uint8Array.from({ length: KINDS }, (_, code) =>
    text.split("").some((unit) => Math.min(unit.charCodeAt(0), OTHERS) === code) ? 1 : 0,
  );

const size = (set: CharSet): number => set.reduce((sum, flag) => sum + flag, 0);
const chance = (row: Needs): number => row.reduce((product, set) => product * (size(set) / KINDS), 1);

/** The stretch of some rows that is the least likely to stand in a text. */
export function needsOf(rows: readonly (readonly CharSet[])[]): Needs {
  const stretches = rows.flatMap((row) => row.map((_, at) => row.slice(at, at + LEVELS)));
  return stretches.reduce((best, row) => (chance(row) < chance(best) ? row : best), []);
}

/** Is the bit of a trigger set? */
export const isSet = (bits: Int32Array, trigger: number): boolean =>
  ((bits[trigger >> 5] as number) & (1 << (trigger & 31))) !== 0;

/**
 * Tells of a short text by one look at its characters which triggers can't be in it: a bit for each trigger that can,
 * 32 of them in a word. The words are good until the next call.
 */
export function createTriggerFilter(needs: readonly Needs[]): (text: string) => Int32Array {
  const words = Math.ceil(needs.length / WORD_BITS);
  // By word, kind of character and level: the triggers that such a character can be for at that place of their row. A
  // shorter row has anything before it, and the last kind is what is before the text.
  const kinds = KINDS + 1;
  const table = new Int32Array(words * kinds * LEVELS);
  for (const [trigger, row] of needs.entries()) {
    for (let kind = 0; kind < kinds; kind += 1) {
      for (let level = 0; level < LEVELS; level += 1) {
        const set = row[level - LEVELS + row.length];
        const at = ((trigger >> 5) * kinds + kind) * LEVELS + level;
        if (set === undefined || set[kind] === 1) table[at] = (table[at] as number) | (1 << (trigger & 31));
      }
    }
  }

  const met = new Int32Array(words);
  return (text) => {
    for (let word = 0; word < words; word += 1) {
      const base = word * kinds * LEVELS;
      let one = table[base + KINDS * LEVELS] as number;
      let two = one & (table[base + KINDS * LEVELS + 1] as number);
      let all = 0;
      for (let at = 0; at < text.length; at += 1) {
        const row = base + Math.min(text.charCodeAt(at), OTHERS) * LEVELS;
        all |= two & (table[row + 2] as number);
        two = one & (table[row + 1] as number);
        one = table[row] as number;
      }
      met[word] = all;
    }
    return met;
  };
}
