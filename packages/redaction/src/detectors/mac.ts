import type { Detector } from "@keelson/core";
import { WORD_CLASS } from "../engine/char-codes.ts";

const HEX = "[0-9A-Fa-f]";
const PAIRS = new RegExp(
  `(?<![${WORD_CLASS}])${HEX}{2}([:-])(?:${HEX}{2}\\1){4}(?:${HEX}{2}\\1${HEX}{2}\\1)?${HEX}{2}(?!\\1?[A-Za-z\\d]|[${WORD_CLASS}])`,
  "y",
);
const QUADS = new RegExp(
  `(?<![${WORD_CLASS}.])${HEX}{4}(?:\\.${HEX}{4}){2,3}(?!\\.?[A-Za-z\\d]|[${WORD_CLASS}])`,
  "y",
);
// The addresses of nobody and of everybody.
const NOBODY = /^[0:.-]+$|^[Ff:.-]+$/;

/** Finds MAC addresses (EUI-48 and EUI-64) in pairs with `:` or `-`, and in groups of four with dots. */
export const mac: Detector = {
  type: "MAC",
  triggers: [
    /:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,45}/,
    /[-.][0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}-|[0-9A-Fa-f]{2}\.)[0-9A-Fa-f]/,
  ],
  left: 6,
  right: 32,
  version: "1",
  verify({ text, start }) {
    const dotted = text[start] === ".";
    const from = start - (dotted ? 4 : 2);
    if (from < 0) return undefined;
    const pattern = dotted ? QUADS : PAIRS;
    pattern.lastIndex = from;
    const found = pattern.exec(text);
    if (found === null || (!dotted && text[from - 1] === found[1]) || NOBODY.test(found[0])) return undefined;
    return { start: from, end: pattern.lastIndex, score: 0.85, reason: "eui" };
  },
};
