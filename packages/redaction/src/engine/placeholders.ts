import { codeAt, HIDDEN } from "./char-codes.ts";

// The countries of the locale packs: their types read without them, `UK_NHS` as `nhs`. A name starts with a letter.
const COUNTRY = /^(?:au|br|ca|de|es|fi|fr|in|it|nl|pl|se|uk|us)_(?=[a-z])/;

/** How the type of a finding reads in its placeholder: in lower case, without the country. */
export function placeholderName(type: string): string {
  let name = NAMES.get(type);
  if (name === undefined) {
    name = type.toLowerCase().replace(COUNTRY, "");
    NAMES.set(type, name);
  }
  return name;
}

// There are as many as types.
const NAMES = new Map<string, string>();

/** Knows what the operators put in for some types. */
export interface PlaceholderHider {
  /** Replaces every placeholder by as many {@link HIDDEN}, so that no detector sees it, and counts numbered ones. */
  hide(text: string, onNumbered: (label: string, number: number, at: number) => void): string;
  /** Where a placeholder starts that more text could complete, or the end of the text. */
  openAt(text: string): number;
}

const MAX_OPEN = 120_200;

/** Makes a hider of `[email]`, `[email_2]`, `[email:k3f9…]` and `[email!key!…]`, for the given types. */
export function createPlaceholderHider(types: Iterable<string>): PlaceholderHider {
  const names = [...new Set([...types].map(placeholderName))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    `\\[(${names.join("|")})(?:_(\\d{1,9})|:[a-z2-7]{16}|![\\w.-]{1,64}![\\w-]{1,120000})?\\]`,
    "y",
  );
  const open = /^\[[a-z0-9_]{0,42}(?::[a-z2-7]{0,16}|![\w.-]{0,64}(?:![\w-]{0,120000})?)?$/;
  return {
    hide(text, onNumbered) {
      let hidden = "";
      let copied = 0;
      for (let at = text.indexOf("["); at >= 0; at = text.indexOf("[", at + 1)) {
        const next = codeAt(text, at + 1);
        if (next < 97 || next > 122) continue;
        pattern.lastIndex = at;
        const found = pattern.exec(text);
        if (found === null) continue;
        const [whole, label = "", number] = found;
        if (number !== undefined) onNumbered(label, Number(number), at);
        hidden += text.slice(copied, at) + HIDDEN.repeat(whole.length);
        copied = at + whole.length;
      }
      return copied === 0 ? text : hidden + text.slice(copied);
    },
    openAt(text) {
      const at = text.lastIndexOf("[");
      return at >= 0 && text.length - at <= MAX_OPEN && open.test(text.slice(at)) ? at : text.length;
    },
  };
}
