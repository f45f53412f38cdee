import type { DetectorMatch, DetectorWindow } from "@keelson/core";

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
  /(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d([-./ ])[0-3]?\d\1(?:19|20)\d\d|(?:19|20)\d\d ?- ?(?:19|20)\d\d)(?!\d)/y;
// A letter of any script near before it, and no digit between.
const LETTER_NEAR =
  /(?<=[A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\uffff][^\w\u00c0-\u00d6\u00d8-\u00f6\u00f8-\uffff]{0,22})/y;

const before = ({ text, start }: DetectorWindow): string =>
  text.slice(0, text[start - 1] === "(" ? start - 1 : start);

/** Does a word before the number announce it, with no other number between? */
export function isAnnouncedPhone(window: DetectorWindow): boolean {
  // A quick look first.
  LETTER_NEAR.lastIndex = window.start;
  return LETTER_NEAR.test(window.text) && ANNOUNCED.test(before(window));
}

/** Does the word before the number say that it is none of a telephone, or is it a date? */
export function isOtherNumber(window: DetectorWindow): boolean {
  DATE.lastIndex = window.start;
  return DATE.test(window.text) || OTHER.test(before(window));
}
