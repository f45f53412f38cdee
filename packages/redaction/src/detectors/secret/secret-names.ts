import { codeAt, isWord } from "../../engine/char-codes.ts";

/** What kind of secret a name announces, if any. */
export type SecretKind = "password" | "token" | undefined;

const PASSWORD = new Set([
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "passcode",
  "pass",
  "kennwort",
  "passwort",
  "contraseña",
]);
const TOKEN = new Set([
  "secret", "token", "apikey", "secretkey", "accesskey", "authkey", "credential", "credentials", "auth", "authorization",
  "bearer", "pat", "signature", "sig", "jwt", "accountkey", "sharedaccesskey", "privatekey", "cookie", "psk",
]); // biome-ignore format: a list of words
// `key` alone names columns and maps; with one of these before it, it opens something.
const KEY_OF = new Set([
  "api", "access", "secret", "private", "auth", "encryption", "signing", "master", "account", "client", "service",
  "license", "session", "app", "application", "shared", "webhook", "deploy", "storage", "admin", "security", "crypt",
]); // biome-ignore format: a list of words
// What makes a name public, or the name of something about a secret.
const PUBLIC = new Set([
  "public",
  "pub",
  "publishable",
  "csrf",
  "xsrf",
  "authenticity",
  "next",
  "page",
  "continuation",
  "cancellation",
]);

const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3 $2$4")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter(Boolean);

// The last three letters of all those words, packed in a number each.
const pack = (text: string, end: number): number =>
  ((codeAt(text, end - 3) | 32) << 16) | ((codeAt(text, end - 2) | 32) << 8) | (codeAt(text, end - 1) | 32);
const ENDS = new Set([...PASSWORD, ...TOKEN, "key"].map((word) => pack(word, word.length)));

/**
 * Does the word that ends before `at`, quotes, brackets, blanks and digits aside, end like one of a secret's name? A
 * quick look, since most signs of assignment follow other names.
 */
export function endsLikeSecret(text: string, at: number): boolean {
  return ENDS.has(lastLetters(text, at));
}

/** The last three letters before `at`, quotes, brackets, blanks and digits aside, as {@link pack} packs them. */
function lastLetters(text: string, at: number): number {
  let end = at;
  while (at - end < 8 && !isLetter(codeAt(text, end - 1))) end -= 1;
  return pack(text, end);
}

// What stands right before a token that is announced: the name of a secret, or a word that leads from it.
const ANNOUNCING = new Set(
  ["key", "token", "secret", "credential", "credentials", "bearer", "pat", " is", "was", " of", "value"].map(
    (word) => pack(word, word.length),
  ),
);

/** Could the words before `at` announce a secret? A quick look. */
export const endsAnnouncing = (text: string, at: number): boolean => ANNOUNCING.has(lastLetters(text, at));

const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;

/**
 * The name that ends before `at`, quotes, brackets and blanks aside: up to three words with single spaces between.
 */
export function nameBefore(text: string, at: number): string {
  let end = at;
  while (at - end < 8 && !isNameCode(codeAt(text, end - 1))) end -= 1;
  let start = end;
  for (let words = 0; words < 3; words += 1) {
    const word = start;
    while (end - start < 64 && isNameCode(codeAt(text, start - 1))) start -= 1;
    if (start === word || codeAt(text, start - 1) !== 32 || !isNameCode(codeAt(text, start - 2))) break;
    if (words < 2) start -= 1;
  }
  return text.slice(start, end);
}

const isNameCode = (code: number): boolean => isWord(code) || code === 45 || code === 46;

/** Tells from its last words whether a name (`API_KEY`, `db.password`, `clientSecret`) is that of a secret. */
export function secretKind(name: string): SecretKind {
  const words = wordsOf(name);
  const last = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  if (words.some((word) => PUBLIC.has(word))) return undefined;
  if (PASSWORD.has(last)) return "password";
  if (TOKEN.has(last)) return "token";
  return last === "key" && KEY_OF.has(before) ? "token" : undefined;
}
