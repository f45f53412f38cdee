import type { Detector, DetectorMatch } from "@keelson/core";
import { isRandom } from "./randomness.ts";
import { nameBefore, SECRET_ENDING, type SecretKind, secretKind } from "./secret-names.ts";

const MAX_VALUE = 512;
// In quotes, or without up to its last character that is no mark of the sentence around it.
const VALUE =
  /(["'`])((?:\\[^\n]|(?!\1)[^\\\n]){4,512})\1|["'`]?([^\s"'`,;<>()[\]{}|&\\]{3,511}[^\s"'`,;<>()[\]{}|&\\.:?])/y;
// What stands for a value: a variable, a call, a word of a type system, a path, a link, a mere word with dots.
const NO_VALUE =
  /^(?:[$%@<{(]|(?:true|false|null|nil|none|undefined|required|optional|string|number|boolean|object|function|process\.env|os\.environ)\b|(?:https?|ftp|file):|[./~]|\w+\()|^[A-Za-z_]+(?:[./:-][A-Za-z_]+)*$|[({]$/i;

/** Could the value be a secret of that kind, and no mere word, variable or stand-in? */
function isSecretValue(value: string, kind: SecretKind, quoted: boolean): boolean {
  if (NO_VALUE.test(value)) return false;
  if (kind === "password")
    return value.length >= 6 && /[^A-Za-z]/.test(value) && /[A-Za-z]/.test(value) && isRandom(value, 2);
  return value.length >= (quoted ? 12 : 16) && /\d/.test(value) && isRandom(value);
}

/** The value that starts at `at`, with or without quotes; the quotes are no part of it. */
function valueAt(text: string, at: number): { start: number; end: number; quoted: boolean } | undefined {
  VALUE.lastIndex = at;
  const found = VALUE.exec(text);
  if (found === null) return undefined;
  const [, quote, inside = ""] = found;
  if (quote !== undefined) return { start: at + 1, end: at + 1 + inside.length, quoted: true };
  const end = VALUE.lastIndex;
  return { start: end - (found[3] as string).length, end, quoted: false };
}

function match(
  text: string,
  at: number,
  kind: SecretKind,
  score: number,
  reason: string,
): DetectorMatch | undefined {
  const value = valueAt(text, at);
  if (value === undefined || !isSecretValue(text.slice(value.start, value.end), kind, value.quoted))
    return undefined;
  return { start: value.start, end: value.end, score, reason };
}

const ASSIGNMENT = /[:=]>?[ \t]{0,8}["'`]?[A-Za-z0-9_\-+/.!@#%^&*~]{5}/;
const SIGN = new RegExp(`(?<=${SECRET_ENDING})[:=]>?[ \\t]*`, "iy");

/** Finds what is assigned to a name that says secret: `API_KEY=…`, `"password": "…"`, `client_secret: …`. */
export const assignedSecret: Detector = {
  type: "SECRET",
  name: "assigned_secret",
  triggers: [ASSIGNMENT],
  left: 96,
  right: MAX_VALUE + 16,
  version: "1",
  verify({ text, start }) {
    SIGN.lastIndex = start;
    if (!SIGN.test(text)) return undefined;
    const at = SIGN.lastIndex;
    const kind = secretKind(nameBefore(text, start));
    return kind && match(text, at, kind, 0.85, "name");
  },
};

// No letter is further before the token than a few marks and blanks.
const ANNOUNCED =
  /(?<=[a-z][^a-z]{0,8})(?<=\b(?:key|token|secret|credentials?|bearer|pat)["'`]?(?:[ \t]{1,16}(?:is|was|of|value))?[ \t]*[:=]?[ \t]*["'`(]?)[\w.~+/=-]{0,511}[\w~+-]=*/iy;

/** Finds a random token behind a word that announces it: `the key is …`, `Bearer …`. */
export const announcedToken: Detector = {
  type: "SECRET",
  name: "announced_token",
  triggers: [{ token: 18 }],
  left: 48,
  right: 4_096,
  version: "1",
  verify({ text, start }) {
    ANNOUNCED.lastIndex = start;
    const value = ANNOUNCED.exec(text)?.[0];
    if (value === undefined || !isSecretValue(value, "token", false) || !/[A-Za-z]/.test(value))
      return undefined;
    return { start, end: start + value.length, score: 0.8, reason: "announced" };
  },
};

const PASSWORD =
  /pass(?:word|wd|phrase|code)\)?["'`]?(?:>|(?:[ \t]+(?:is|was|to|of))?[ \t]*[:=]?)[ \t]*(?=\S)/iy;

/** Finds the password behind the word: `the password is …`, `<password>…`. */
export const announcedPassword: Detector = {
  type: "SECRET",
  name: "announced_password",
  triggers: [/pass[wp]/i],
  left: 1,
  right: MAX_VALUE + 32,
  version: "1",
  verify({ text, start }) {
    PASSWORD.lastIndex = start;
    if (!PASSWORD.test(text)) return undefined;
    const at = PASSWORD.lastIndex;
    const value = valueAt(text, at);
    if (value === undefined) return undefined;
    // In running text a password stands out by being no word: letters, digits and marks in one.
    const stands = text.slice(value.start, value.end);
    if (!value.quoted && !(/\d/.test(stands) && /[A-Za-z]/.test(stands))) return undefined;
    return match(text, at, "password", 0.75, "announced");
  },
};

const HEADER =
  /(?<=authorization["'`]?\s{0,3})[:=]\s{0,3}["'`]?(?:(?:basic|bearer|token|apikey|digest|negotiate)\s{1,3})?/iy;
const CREDENTIALS = /[^\s"'`,;<>()[\]{}|\\]{8,4000}/y;

/** Finds the credentials of an HTTP `Authorization` header (RFC 9110). */
export const authorizationHeader: Detector = {
  type: "SECRET",
  name: "authorization_header",
  triggers: [ASSIGNMENT],
  left: 96,
  right: 4_096,
  version: "1",
  verify({ text, start }) {
    HEADER.lastIndex = start;
    if (!HEADER.test(text)) return undefined;
    const from = HEADER.lastIndex;
    CREDENTIALS.lastIndex = from;
    const value = CREDENTIALS.exec(text)?.[0] ?? "";
    if (NO_VALUE.test(value) || !isRandom(value, 2)) return undefined;
    return { start: from, end: from + value.length, score: 0.9, reason: "header" };
  },
};

/** Finds client secrets of Microsoft Entra: 40 characters with `Q~` in the middle. */
export const entraSecret: Detector = {
  type: "SECRET",
  name: "entra_secret",
  triggers: [/Q~/],
  left: 5,
  right: 44,
  version: "1",
  verify({ text, start }) {
    const found = /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])/.exec(text);
    if (found === null || found.index !== start - 4) return undefined;
    return { start: found.index, end: found.index + found[0].length, score: 0.95, reason: "prefix" };
  },
};
