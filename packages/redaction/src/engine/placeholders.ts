import { HIDDEN } from "./char-codes.ts";

/** How the type of a finding reads in its placeholder: in lower case, without the country. */
export const placeholderName = (type: string): string => type.toLowerCase().replace(/^us_/, "");

/**
 * Hides what earlier redactions of the given types put in, `[email]`, `[email_2]`, `[email:k3f9…]` or
 * `[email!key!…]`, so that no detector sees it. Offsets stay as they are.
 */
export function createPlaceholderHider(types: Iterable<string>): (text: string) => string {
  const names = [...new Set([...types].map(placeholderName))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `\\[(?:${names.join("|")})(?:_\\d{1,9}|:[a-z2-7]{16}|![\\w.-]{1,64}![\\w-]{1,120000})?\\]`,
    "g",
  );
  return (text) =>
    text.includes("[") ? text.replace(pattern, (found) => HIDDEN.repeat(found.length)) : text;
}
