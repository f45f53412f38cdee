/**
 * Undoes disguises of single characters: digits and letters of other shapes become ASCII, every dash `-`, every
 * blank a space, and what can't be seen goes. Most texts hold none of these and are used as they are.
 */

/** A text without disguises, with the way back to the original. */
export interface FoldedText {
  readonly text: string;
  /**
   * Where the distance to the original grows: from the code unit `froms[i]` of `text` on, the original stands `gaps[i]`
   * further. Absent: nowhere.
   */
  readonly shifts: { readonly froms: readonly number[]; readonly gaps: readonly number[] } | undefined;
}

// What becomes of code units beyond ASCII, as [first, last, what]: a string is what each of the range reads as, "" that
// it goes, a number is the ASCII code that the first of the range reads as, the others following.
type FoldRule = readonly [first: number, last: number, folded: string | number];

// Where the ten decimal digits of other scripts start (Unicode general category Nd).
const DIGITS: readonly number[] = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6,
  0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0,
  0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
];
const RULES: readonly FoldRule[] = [
  ...DIGITS.map((zero): FoldRule => [zero, zero + 9, 48]),
  [0xff01, 0xff5e, 33],
  // Blanks
  [0x00a0, 0x00a0, " "],
  [0x1680, 0x1680, " "],
  [0x2000, 0x200a, " "],
  [0x2028, 0x2029, " "],
  [0x202f, 0x202f, " "],
  [0x205f, 0x205f, " "],
  [0x3000, 0x3000, " "],
  // Dashes: the general category Pd, the hyphen bullet and the minus sign
  [0x058a, 0x058a, "-"],
  [0x05be, 0x05be, "-"],
  [0x1400, 0x1400, "-"],
  [0x1806, 0x1806, "-"],
  [0x2010, 0x2015, "-"],
  [0x2043, 0x2043, "-"],
  [0x2212, 0x2212, "-"],
  [0x2e17, 0x2e17, "-"],
  [0x2e1a, 0x2e1a, "-"],
  [0x2e3a, 0x2e3b, "-"],
  [0x2e40, 0x2e40, "-"],
  [0x2e5d, 0x2e5d, "-"],
  [0x301c, 0x301c, "-"],
  [0x3030, 0x3030, "-"],
  [0x30a0, 0x30a0, "-"],
  [0xfe31, 0xfe32, "-"],
  [0xfe58, 0xfe58, "-"],
  [0xfe63, 0xfe63, "-"],
  // Dots and at signs
  [0x066b, 0x066b, "."],
  [0x2024, 0x2024, "."],
  [0x3002, 0x3002, "."],
  [0xfe52, 0xfe52, "."],
  [0xff61, 0xff61, "."],
  [0xfe6b, 0xfe6b, "@"],
  // What can't be seen: soft hyphen, joiners, zero-width and direction marks, fillers, variation selectors
  [0x00ad, 0x00ad, ""],
  [0x034f, 0x034f, ""],
  [0x061c, 0x061c, ""],
  [0x115f, 0x1160, ""],
  [0x17b4, 0x17b5, ""],
  [0x180b, 0x180f, ""],
  [0x200b, 0x200f, ""],
  [0x202a, 0x202e, ""],
  [0x2060, 0x206f, ""],
  [0x3164, 0x3164, ""],
  [0xfe00, 0xfe0f, ""],
  [0xfeff, 0xfeff, ""],
  [0xffa0, 0xffa0, ""],
  [0xfff0, 0xfff8, ""],
];

// Where those start that are written as pairs of code units. Not the segmented ones of U+1FBF0, which share their first
// half with emoji: texts with those would be folded, which doubles the time of a short one.
const PAIRED_DIGITS: readonly number[] = [
  0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730,
  0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x11f50, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2,
  0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e950,
];
const MATH_LETTERS = 0x1d400;
// Tags and variation selectors, with what Unicode keeps free for more of the kind.
const INVISIBLE_PAIRS: readonly (readonly [first: number, last: number])[] = [
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe03ff],
];

const firstHalf = (code: number): number => 0xd800 + ((code - 0x10000) >> 10);
const FIRST_HALVES = new Set(
  [...PAIRED_DIGITS, MATH_LETTERS, ...INVISIBLE_PAIRS.map(([first]) => first)].map(firstHalf),
);

const unicodeEscape = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;
const ODD_CLASS = `${RULES.filter(([first]) => first > 0xff)
  .map(([first, last]) => `${unicodeEscape(first)}-${unicodeEscape(last)}`)
  .join("")}${[...FIRST_HALVES].map(unicodeEscape).join("")}`;
const ODD = new RegExp(`[${ODD_CLASS}]`);
// Made once: it costs a short text more than the search. Nothing else runs while a text is folded.
const ODD_OR_LATIN = new RegExp(`[\\xa0\\xad${ODD_CLASS}]`, "g");

/** Has a text odd characters? Most have none. */
const isOdd = (text: string): boolean =>
  // NBSP and the soft hyphen are looked for apart: a text of one byte a character can hold no other, and V8 knows.
  text.includes("\u00a0") || text.includes("\u00ad") || ODD.test(text);

const SKIP = 0;
const SAME = 1;
const PAIR = 2;
let plane: Uint8Array | undefined;

/** What each code unit reads as, by code: SKIP, SAME, PAIR where the next one tells, or an ASCII code. Made when the first odd text comes. */
function foldPlane(): Uint8Array {
  if (plane !== undefined) return plane;
  plane = new Uint8Array(0x10000).fill(SAME);
  for (const half of FIRST_HALVES) plane[half] = PAIR;
  for (const [first, last, folded] of RULES) {
    for (let code = first; code <= last; code += 1) {
      if (typeof folded === "number") plane[code] = folded + code - first;
      else plane[code] = folded === "" ? SKIP : folded.charCodeAt(0);
    }
  }
  return plane;
}

/** What a pair of code units reads as: an ASCII code, 0 to skip it, or -1 for itself. */
function foldPair(code: number): number {
  const zero = PAIRED_DIGITS.find((start) => code >= start && code < start + 10);
  if (zero !== undefined) return 48 + code - zero;
  if (code >= MATH_LETTERS && code < 0x1d6a4) {
    const letter = (code - MATH_LETTERS) % 52;
    return letter < 26 ? 65 + letter : 71 + letter;
  }
  return INVISIBLE_PAIRS.some(([first, last]) => code >= first && code <= last) ? SKIP : -1;
}

/** Folds a text. */
export function fold(original: string): FoldedText {
  if (!isOdd(original)) return { text: original, shifts: undefined };
  const plane = foldPlane();
  const froms: number[] = [];
  const gaps: number[] = [];
  const odd = ODD_OR_LATIN;
  odd.lastIndex = 0;
  let text = "";
  let copied = 0;
  for (let found = odd.exec(original); found !== null; found = odd.exec(original)) {
    let at = found.index;
    text += original.slice(copied, at);
    // A run of odd characters, as in fullwidth text, is taken at once.
    for (let more = true; more && at < original.length; ) {
      const code = original.charCodeAt(at);
      let folded = plane[code] ?? SAME;
      let length = 1;
      if (folded === PAIR) {
        const pair = foldPair(original.codePointAt(at) ?? code);
        [folded, length] = pair >= 0 ? [pair, 2] : [SAME, 1];
      }
      more = folded !== SAME;
      if (!more) break;
      if (folded !== SKIP) text += String.fromCharCode(folded);
      at += length;
      const gap = at - text.length;
      if (gap !== (gaps.at(-1) ?? 0)) {
        froms.push(text.length);
        gaps.push(gap);
      }
    }
    copied = at;
    odd.lastIndex = Math.max(at, found.index + 1);
  }
  return { text: text + original.slice(copied), shifts: { froms, gaps } };
}

/** Where a code unit of the folded text starts in the original. */
export function unfoldOffset({ shifts }: FoldedText, at: number): number {
  if (shifts === undefined) return at;
  const { froms, gaps } = shifts;
  let [low, high] = [0, froms.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((froms[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return at + (gaps[low - 1] ?? 0);
}

/** Where a span of the folded text stands in the original: invisible characters at its edges stay outside. */
export function unfoldSpan(
  original: string,
  folded: FoldedText,
  start: number,
  end: number,
): { start: number; end: number } {
  if (folded.shifts === undefined) return { start, end };
  const last = unfoldOffset(folded, end - 1);
  const pair =
    (original.charCodeAt(last) & 0xfc00) === 0xd800 && (folded.text.charCodeAt(end - 1) & 0xfc00) !== 0xd800;
  return { start: unfoldOffset(folded, start), end: last + (pair ? 2 : 1) };
}
