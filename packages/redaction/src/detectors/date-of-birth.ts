import type { Detector } from "@keelson/core";
import { isBreak } from "./window.ts";

const DAY = "[0-3]?\\d(?:st|nd|rd|th)?";
const MONTH = "[01]?\\d";
const YEAR = "(?:(?:19|20)\\d\\d|\\d\\d)";
const NAME =
  "(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\\.?";
const DATE = new RegExp(
  `(?:19|20)\\d\\d[-./]${MONTH}[-./][0-3]?\\d|${DAY}[-./ ]{1,2}${MONTH}[-./ ]{1,2}${YEAR}|${DAY}(?: of)? ${NAME},? ${YEAR}|${NAME} ${DAY},? ${YEAR}`,
  "iy",
);
// What may stand between the word and the date: a verb, a mark, the day of the week.
const BETWEEN =
  /(?:[\s"'`):=>,|*_/-]|\b(?:is|was|on|in|am|le|el|il|den|the|date|day|datum|tag|of|at|um|sdatum|aika)\b|(?:sdatum|date|day|datum|aika)\b){0,16}/iy;
const WORD =
  /(?:birth|born|\bd\.?o\.?b\b\.?|geburtsdatum|geboren|\bgeb\.|naissance|\bnée?\b|nacimiento|nacid[oa]|nascita|\bnat[oa]\b|geboorte|nascimento|urodzenia|födelse|syntym[äa]aika|syntynyt)/gi;

// A letter, or what is before the window, so near that a word could lead to the date.
const LETTER_NEAR = /(?<=(?:^|[A-Za-z\x80-\uffff])[^A-Za-z\x80-\uffff]{0,11})/y;

/** Finds a date behind a word that makes it somebody's date of birth. No date is found without one. */
export const dateOfBirth: Detector = {
  type: "DATE_OF_BIRTH",
  triggers: [/\d[-./]\d{1,2}[-./]\d/, /[12][09]\d\d/],
  left: 64,
  right: 16,
  version: "1",
  verify({ text, start, end }) {
    // A quick look first.
    LETTER_NEAR.lastIndex = start;
    if (!LETTER_NEAR.test(text)) return undefined;
    // The last such word before the date.
    let from = -1;
    WORD.lastIndex = 0;
    while (WORD.test(text) && WORD.lastIndex <= start) from = WORD.lastIndex;
    if (from < 0) return undefined;
    BETWEEN.lastIndex = from;
    BETWEEN.test(text);
    DATE.lastIndex = BETWEEN.lastIndex;
    const found = DATE.exec(text);
    if (found === null || DATE.lastIndex < end - 1 || !isBreak(text, DATE.lastIndex)) return undefined;
    return { start: found.index, end: DATE.lastIndex, score: 0.7, reason: "context" };
  },
};
