import type { Detector } from "@keelson/core";

const BEGIN = /-----BEGIN ([A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?)-----/iy;
// Lines of base 64, header lines (`Proc-Type: …`), and what stands for a line break in JSON and code.
const BODY = /(?:[A-Za-z0-9+/=\s"'`,]|\\[nrt]|[A-Za-z0-9-]{1,32}: [^\n\r-]{1,200}|-(?!-))+/y;
// The lines of a block whose end is missing: only those that are long enough to be of one.
const LINES = /(?:(?:\s|\\[nr]){0,8}[A-Za-z0-9+/=]{16,128})*/y;

/**
 * Finds blocks of private keys (RFC 7468, OpenSSH, PGP) from the first dash to the last, and one that is cut off up to
 * where its base 64 ends.
 */
export const pemBlock: Detector = {
  type: "SECRET",
  name: "pem_block",
  triggers: [/-----BEGIN/],
  left: 1,
  right: 65_536,
  version: "1",
  verify({ text, start }) {
    BEGIN.lastIndex = start;
    const kind = BEGIN.exec(text)?.[1];
    if (kind === undefined) return undefined;
    const head = BEGIN.lastIndex;
    let end = head;
    BODY.lastIndex = end;
    if (BODY.test(text)) end = BODY.lastIndex;
    const close = `-----END ${kind}-----`;
    if (text.slice(end, end + close.length).toUpperCase() === close.toUpperCase()) end += close.length;
    else {
      LINES.lastIndex = head;
      end = LINES.test(text) ? LINES.lastIndex : head;
    }
    return { start, end, score: 1, reason: "pem" };
  },
};
