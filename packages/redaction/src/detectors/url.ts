import type { Detector } from "@keelson/core";
import { codeAt, isAlnum } from "../engine/char-codes.ts";

const SCHEME = /(?:https?|hxxps?|ftps?|sftp|wss?|ldaps?|ssh|git|file|s3|gs)$/i;
const REST = /(?:\[\.\]|\[:\]|[^\s<>"'`{}|\\^\u3000-\u303f\uff00-\uffef])+/y;

/** The text of a link without the marks that end the sentence around it; brackets are kept in pairs. */
function trimmed(link: string): string {
  let end = link.length;
  for (;;) {
    const last = link[end - 1] ?? "";
    if (/[.,;:!?*_]/.test(last)) end -= 1;
    else if (/[)\]]/.test(last)) {
      const open = last === ")" ? "(" : "[";
      const count = (char: string): number => link.slice(0, end).split(char).length;
      if (count(last) <= count(open)) return link.slice(0, end);
      end -= 1;
    } else return link.slice(0, end);
  }
}

/**
 * Finds whole URLs with a scheme, also written `hxxp://host[.]example`. It is not on by default: links are what
 * retrieval lives on, and secrets inside them are found without it.
 */
export const url: Detector = {
  type: "URL",
  triggers: ["://", "[:]//"],
  left: 8,
  right: 2_048,
  version: "1",
  verify({ text, start, end }) {
    const scheme = SCHEME.exec(text.slice(0, start))?.[0];
    if (scheme === undefined) return undefined;
    const from = start - scheme.length;
    if (isAlnum(codeAt(text, from - 1))) return undefined;
    REST.lastIndex = end;
    const rest = trimmed(REST.exec(text)?.[0] ?? "");
    if (!/^[^/?#]*[\p{L}\d\]]/u.test(rest)) return undefined;
    return { start: from, end: end + rest.length, score: 0.93, reason: "scheme" };
  },
};
