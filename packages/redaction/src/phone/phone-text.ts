import type { DetectorMatch, DetectorWindow } from "@keelson/core";
import { codeAt, isDigit, isWord } from "../engine/char-codes.ts";

const EXTENSION = /,? ?(?:x|ext\.?|extension|#|extn\.?|durchwahl)\.? ?:? ?\d{1,6}(?!\d)/iy;

/** The match of a number from `start` to `end`, with its parenthesis and the extension behind it. */
export function phoneMatch(
  text: string,
  start: number,
  end: number,
  score: number,
  reason: string,
): DetectorMatch {
  // The opening one stands before the number where the closing one stands in it: (212) 555-0134.
  const opened = text[start - 1] === "(" && /^[^()]*\)/.test(text.slice(start, end));
  EXTENSION.lastIndex = end;
  const to = EXTENSION.test(text) ? EXTENSION.lastIndex : end;
  return { start: opened ? start - 1 : start, end: to, score, reason };
}

// Words that announce a number, in the languages most met; within some words before it, on its line or the one above.
const ANNOUNCED =
  /(?:\b(?:tele?(?:ph|f)one?|telefoon|telefonnummer|téléphone|teléfono|telepono|telefon\w*|phones?|tel|tél|mobile|mobil|móvil|handy|cell|cellular|celular|gsm|fax|sms|whatsapp|hotline|puhelin|dial|ring|call|calls|called|calling|answering|reach|reached|contact|message|text)\b|\b(?:my|his|her|our|your|their|home|work|office|contact|us|uk) (?:\w+ )?number\b|телефон|电话|電話|手机|携帯)[^\d\n]{0,20}\n?[^\d\n]{0,20}$/i;
// What makes a number something else, right before it.
const OTHER =
  /(?:^|[\s("'[#])(?:order|orders|invoice|ticket|case|ref|reference|id|ids|po|no|nr|inv|sku|account|version|room|page|pages|section|isbn|issn|doi|serial|part|item|build|line|port|year|row|rows|error|code|pin|commit|patch|pmid|vol)[.:#]? {0,2}#?$/i;
const DATE =
  /^(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d([-./ ])[0-3]?\d\1(?:19|20)\d\d|(?:19|20)\d\d ?- ?(?:19|20)\d\d)(?!\d)/;

const before = ({ text, start }: DetectorWindow): string =>
  text.slice(0, text[start - 1] === "(" ? start - 1 : start);

/** Does a word before the number announce it, with no other number between? */
export function isAnnouncedPhone(window: DetectorWindow): boolean {
  const { text, start } = window;
  // A quick look first: are there letters near, and no digits before them?
  for (let at = start - 1; at >= 0 && start - at < 24; at -= 1) {
    const code = codeAt(text, at);
    if (isDigit(code)) return false;
    if (isWord(code) || code > 0x52f) return ANNOUNCED.test(before(window));
  }
  return false;
}

/** Does the word before the number say that it is none of a telephone, or is it a date? */
export const isOtherNumber = (window: DetectorWindow): boolean =>
  OTHER.test(before(window)) || DATE.test(window.text.slice(window.start));
