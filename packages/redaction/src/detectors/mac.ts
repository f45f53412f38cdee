import type { Detector } from "@keelson/core";
import { codeAt, isAlnum } from "../engine/char-codes.ts";
import { isBreak } from "./window.ts";

const HEX = "[0-9A-Fa-f]";
const PAIRS = new RegExp(`${HEX}{2}([:-])(?:${HEX}{2}\\1){4}(?:${HEX}{2}\\1${HEX}{2}\\1)?${HEX}{2}`, "y");
const QUADS = new RegExp(`${HEX}{4}(?:\\.${HEX}{4}){2,3}`, "y");

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
    const pattern = dotted ? QUADS : PAIRS;
    pattern.lastIndex = from;
    if (from < 0 || !isBreak(text, from - 1)) return undefined;
    const found = pattern.exec(text);
    if (found === null || !isBreak(text, pattern.lastIndex)) return undefined;
    const end = pattern.lastIndex;
    const mark = found[1] ?? ".";
    if (text[end] === mark && isAlnum(codeAt(text, end + 1))) return undefined;
    if (text[from - 1] === mark) return undefined;
    // The addresses of nobody and of everybody.
    if (/^[0:.-]+$|^[Ff:.-]+$/.test(found[0])) return undefined;
    return { start: from, end, score: 0.85, reason: "eui" };
  },
};
