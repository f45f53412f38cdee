// Looks for a canary in all that a run has printed and left behind.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const PIECE = 8;

/** Ways of writing bytes down. Letters and digits are written by base64url as by base64, and by URLs as they are. */
const WAYS = {
  "UTF-8": (bytes) => bytes,
  reversed: (bytes) => Buffer.from(bytes).reverse(),
  "UTF-16LE": (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le"),
  "UTF-16BE": (bytes) => Buffer.from(bytes.toString("latin1"), "utf16le").swap16(),
  hexadecimal: (bytes) => bytes.toString("hex"),
  HEXADECIMAL: (bytes) => bytes.toString("hex").toUpperCase(),
  "spaced hexadecimal": (bytes) => hexOf(bytes).join(" "),
  "URL-encoded": (bytes) => hexOf(bytes).join("%").toUpperCase(),
  "url-encoded": (bytes) => hexOf(bytes).join("%"),
  "JSON escapes": (bytes) => hexOf(bytes).join("\\u00"),
  "a list of bytes": (bytes) => [...bytes].join(","),
  "a spaced list of bytes": (bytes) => [...bytes].join(", "),
  "base64+0": (bytes) => base64Of(bytes, 0),
  "base64+1": (bytes) => base64Of(bytes, 1),
  "base64+2": (bytes) => base64Of(bytes, 2),
};

/** What stands before moves the bytes against the groups of three. Characters shared with it or what follows do not count. */
function base64Of(bytes, before) {
  const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
  return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}

/** The names of all forms. */
export const FORMS = Object.keys(WAYS);

function hexOf(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
}

/** What to look for: the canary in pieces, so that half of it is found too, each in every form. */
function patternsOf(canary) {
  const pieces = Array.from({ length: canary.length / PIECE }, (_, i) =>
    Buffer.from(canary.slice(i * PIECE, (i + 1) * PIECE)),
  );
  return Object.entries(WAYS).flatMap(([form, write]) =>
    pieces.map((piece) => ({ form, written: Buffer.from(write(piece)) })),
  );
}

/**
 * Every file below a folder, its name and what is in it: how much that was, and where pieces of the canary stand, the
 * first place a file and form.
 */
export function search(folder, canary) {
  const patterns = patternsOf(canary);
  const found = { files: 0, bytes: 0, hits: [] };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name));
    const places = [Buffer.from(entry.name)];
    if (entry.isFile()) {
      places.push(readFileSync(join(folder, path)));
      found.files += 1;
    }
    const forms = new Set();
    for (const bytes of places) {
      found.bytes += bytes.length;
      for (const { form, written } of patterns) {
        const at = forms.has(form) ? -1 : bytes.indexOf(written);
        if (at < 0) continue;
        forms.add(form);
        found.hits.push({ path, form, at, around: bytes.subarray(Math.max(0, at - 60), at) });
      }
    }
  }
  return found;
}
