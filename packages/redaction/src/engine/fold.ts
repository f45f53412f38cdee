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
  // Dashes
  [0x058a, 0x058a, "-"],
  [0x2010, 0x2015, "-"],
  [0x2043, 0x2043, "-"],
  [0x2212, 0x2212, "-"],
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
  [0xfe00, 0xfe0f, ""],
  [0xfeff, 0xfeff, ""],
];

const unicodeEscape = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;
// D835 and DB40 are the first halves of the mathematical letters and digits and of the tags.
const ODD_CLASS = `${RULES.filter(([first]) => first > 0xff)
  .map(([first, last]) => `${unicodeEscape(first)}-${unicodeEscape(last)}`)
  .join("")}\\ud835\\udb40`;
const ODD = new RegExp(`[${ODD_CLASS}]`);
const ODD_OR_LATIN = `[\\xa0\\xad${ODD_CLASS}]`;

/** Has a text odd characters? Most have none. */
const isOdd = (text: string): boolean =>
  // NBSP and the soft hyphen are looked for apart: a text of one byte a character can hold no other, and V8 knows.
  text.includes("\u00a0") || text.includes("\u00ad") || ODD.test(text);

const SKIP = 0;
const SAME = 1;
let plane: Uint8Array | undefined;

/** What each code unit reads as, by code: SKIP, SAME or an ASCII code. Made when the first odd text comes. */
function foldPlane(): Uint8Array {
  if (plane !== undefined) return plane;
  plane = new Uint8Array(0x10000).fill(SAME);
  for (const [first, last, folded] of RULES) {
    for (let code = first; code <= last; code += 1) {
      if (typeof folded === "number") plane[code] = folded + code - first;
      else plane[code] = folded === "" ? SKIP : folded.charCodeAt(0);
    }
  }
  return plane;
}

const MATH_DIGITS = 0x1d7ce;
const MATH_LETTERS = 0x1d400;

/** What a pair of code units reads as: an ASCII code, 0 to skip it, or -1 for itself. */
function foldPair(code: number): number {
  if (code >= MATH_DIGITS && code <= 0x1d7ff) return 48 + ((code - MATH_DIGITS) % 10);
  if (code >= MATH_LETTERS && code < 0x1d6a4) {
    const letter = (code - MATH_LETTERS) % 52;
    return letter < 26 ? 65 + letter : 71 + letter;
  }
  return code >= 0xe0000 && code <= 0xe007f ? SKIP : -1;
}

/** Folds a text. */
export function fold(original: string): FoldedText {
  if (!isOdd(original)) return { text: original, shifts: undefined };
  const plane = foldPlane();
  const froms: number[] = [];
  const gaps: number[] = [];
  const odd = new RegExp(ODD_OR_LATIN, "g");
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
      if (code === 0xd835 || code === 0xdb40) {
        const pair = foldPair(original.codePointAt(at) ?? code);
        if (pair >= 0) [folded, length] = [pair, 2];
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
