import { WORD_CLASS } from "../../engine/char-codes.ts";

/** What kind of secret a name announces. */
export type SecretKind = "password" | "token";

const PASSWORD = [
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "passcode",
  "pass",
  "kennwort",
  "passwort",
  "contraseña",
];
const TOKEN = [
  "secret", "token", "apikey", "secretkey", "accesskey", "authkey", "credential", "credentials", "auth", "authorization",
  "bearer", "pat", "signature", "sig", "jwt", "accountkey", "sharedaccesskey", "privatekey", "cookie", "psk",
]; // biome-ignore format: a list of words
// `key` alone names columns and maps; with one of these before it, it opens something.
const KEY_OF = [
  "api", "access", "secret", "private", "auth", "encryption", "signing", "master", "account", "client", "service",
  "license", "session", "app", "application", "shared", "webhook", "deploy", "storage", "admin", "security", "crypt",
]; // biome-ignore format: a list of words
// What makes a name public, or the name of something about a secret.
const PUBLIC =
  /(?<!\p{L})(?:public|pub|publishable|csrf|xsrf|authenticity|next|page|continuation|cancellation)(?!\p{L})/u;

/** Matches a name that ends in one of some words, marks and digits behind it aside. */
const endingIn = (words: readonly string[]): RegExp =>
  new RegExp(`(?<!\\p{L})(?:${words.join("|")})\\P{L}*$`, "u");
const PASSWORD_NAME = endingIn(PASSWORD);
const TOKEN_NAME = endingIn([...TOKEN, `(?:${KEY_OF.join("|")})\\P{L}+key`]);

/**
 * What stands before a sign of assignment if a secret's name does, as the inside of a look-behind: the last letters of
 * one, then quotes, brackets, blanks and digits. Most signs follow other names.
 */
export const SECRET_ENDING: string = `(?:${[...new Set([...PASSWORD, ...TOKEN, "key"].map((word) => word.slice(-3)))].join("|")})[^a-z]{0,8}`;

const IN_NAME = `[${WORD_CLASS}.-]`;
// Up to three words with single spaces between.
const NAME = new RegExp(`(?<=((?:${IN_NAME}+ ){0,2}${IN_NAME}+)[^${WORD_CLASS}.-]{0,8})`, "y");
const MAX_NAME = 64;

/** The name that ends before `at`, quotes, brackets and blanks aside. */
export function nameBefore(text: string, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[1]?.slice(-MAX_NAME) ?? "";
}

/** Tells from its last words whether a name (`API_KEY`, `db.password`, `clientSecret`) is that of a secret. */
export function secretKind(name: string): SecretKind | undefined {
  const words = name.replace(/([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g, "$1$3 $2$4").toLowerCase();
  if (PASSWORD_NAME.test(words)) return PUBLIC.test(words) ? undefined : "password";
  return TOKEN_NAME.test(words) && !PUBLIC.test(words) ? "token" : undefined;
}
