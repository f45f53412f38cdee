import type { Detector } from "@keelson/core";

const BEGIN = /-----BEGIN ([A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?)-----/iy;
// Lines of base 64, header lines (`Proc-Type: …`), and what stands for a line break in JSON and code.
const BODY = /(?:[A-Za-z0-9+/=\s"'`,]|\\[nrt]|[A-Za-z0-9-]{1,32}: [^\n\r-]{1,200}|-(?!-))+/y;

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
    let end = BEGIN.lastIndex;
    BODY.lastIndex = end;
    if (BODY.test(text)) end = BODY.lastIndex;
    const close = `-----END ${kind}-----`;
    if (text.slice(end, end + close.length).toUpperCase() === close.toUpperCase()) end += close.length;
    else end = start + text.slice(start, end).trimEnd().length;
    return { start, end, score: 1, reason: "pem" };
  },
};
