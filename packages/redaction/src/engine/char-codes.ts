/**
 * Classes of ASCII characters by code, for the loops where a regular expression would cost more than its match.
 * U+E000 stands where an earlier redaction put a placeholder; it counts as a word character, so that nothing is
 * found that touches one.
 */

/** What windows show in the place of a placeholder. */
export const HIDDEN = "\uE000";

/** What `mask` puts in the place of a character. No text uses it in words, so that what is masked stays masked. */
export const MASKED = "█";

const DIGIT = 1;
const LETTER = 2;
const UNDERSCORE = 4;
const HYPHEN = 8;
const HEX = 16;
const GAP = 32;

const CLASSES = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return (
    (/\d/.test(char) ? DIGIT : 0) |
    (/[A-Za-z]/.test(char) ? LETTER : 0) |
    (char === "_" ? UNDERSCORE : 0) |
    (char === "-" ? HYPHEN : 0) |
    (/[\dA-Fa-f]/.test(char) ? HEX : 0) |
    (/[ \t\n\r.\-/()]/.test(char) ? GAP : 0)
  );
});

const inClass = (code: number, mask: number): boolean =>
  code >= 0 && code < 128 && ((CLASSES[code] as number) & mask) !== 0;

/** The code unit at an offset, or -1 outside the text: a read out of bounds makes V8 compile the reader anew. */
export const codeAt = (text: string, at: number): number =>
  at >= 0 && at < text.length ? text.charCodeAt(at) : -1;

/** `0` to `9`. */
export const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** A letter or digit. */
export const isAlnum = (code: number): boolean => inClass(code, DIGIT | LETTER);
/** A hexadecimal digit. */
export const isHex = (code: number): boolean => inClass(code, HEX);
/** A letter, a digit, `_` or `-`. */
export const isToken = (code: number): boolean => inClass(code, DIGIT | LETTER | UNDERSCORE | HYPHEN);
/** What may stand between the digits of one number. */
export const isGap = (code: number): boolean => inClass(code, GAP);
/** A letter of any script that sets words apart by spaces, a digit, `_`, or what a redaction put in. */
export const isWord = (code: number): boolean =>
  code < 128
    ? inClass(code, DIGIT | LETTER | UNDERSCORE)
    : isWideLetter(code) || code === 0xe000 || code === 0x2588;
/** A letter of the Latin, Greek and Cyrillic blocks beyond ASCII. */
const isWideLetter = (code: number): boolean =>
  code >= 0xc0 && code <= 0x52f && code !== 0xd7 && code !== 0xf7;
