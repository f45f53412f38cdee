/**
 * Classes of ASCII characters by code, for the loops where a regular expression would cost more than its match.
 * U+E000 stands where an earlier redaction put a placeholder; it counts as a word character, so that nothing is
 * found that touches one.
 */

/** What windows show in the place of a placeholder. */
export const HIDDEN = "\uE000";

/** What `mask` puts in the place of a character. No text uses it in words, so that what is masked stays masked. */
export const MASKED = "█";

/**
 * What a word is of, as the inside of a regular expression's class: letters of the scripts that set words apart by
 * spaces, digits, `_`, and what redactions put in.
 */
export const WORD_CLASS: string = `\\w\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u052f${HIDDEN}${MASKED}`;

const DIGIT = 1;
const ALNUM = 2;
const TOKEN = 4;
const WORD = 8;
const LINK = 16;

// One byte for each code unit: a look-up is all that the loops have to be compiled for.
const CLASSES = new Uint8Array(0x10000);
for (let code = 0; code < 128; code += 1) {
  const char = String.fromCharCode(code);
  CLASSES[code] =
    (/\d/.test(char) ? DIGIT : 0) |
    (/[A-Za-z\d]/.test(char) ? ALNUM : 0) |
    (/[\w-]/.test(char) ? TOKEN : 0) |
    (/\w/.test(char) ? WORD : 0) |
    (/[-./:]/.test(char) ? LINK : 0);
}
// The letters of the Latin, Greek and Cyrillic blocks beyond ASCII, and what redactions put in.
CLASSES.fill(WORD, 0xc0, 0x530);
for (const code of [0xd7, 0xf7]) CLASSES[code] = 0;
for (const char of [HIDDEN, MASKED]) CLASSES[char.charCodeAt(0)] = WORD;

const NOTHING = 0xffff; // no character, and of no class

/** The code unit at an offset; outside the text one that is no character: V8 compiles a reader out of bounds anew. */
export const codeAt = (text: string, at: number): number =>
  at >= 0 && at < text.length ? text.charCodeAt(at) : NOTHING;

const inClass = (code: number, mask: number): boolean => ((CLASSES[code] as number) & mask) !== 0;

/** `0` to `9`. */
export const isDigit = (code: number): boolean => inClass(code, DIGIT);
/** A letter or digit. */
export const isAlnum = (code: number): boolean => inClass(code, ALNUM);
/** A letter, a digit, `_` or `-`. */
export const isToken = (code: number): boolean => inClass(code, TOKEN);
/** What makes a chain of numbers: `-`, `.`, `/` or `:`. */
export const isLink = (code: number): boolean => inClass(code, LINK);
/** A letter of any script that sets words apart by spaces, a digit, `_`, or what a redaction put in. */
export const isWord = (code: number): boolean => inClass(code, WORD);
