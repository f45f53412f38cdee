import { createHash } from "node:crypto";

const PLAIN = /^[A-Za-z0-9_-]$/;
const ESCAPED = /^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/;
const HASHED = /^=h[0-9a-f]{64}$/;
const MARK = "keelson:";
// Secrets Manager takes 512 characters, and puts seven more behind them in the ARN.
const LONGEST = 400;

/** How a record's name stands in Secrets Manager. */
export interface StoredName {
  /** Letters, digits, `_` and `-` stay; every other byte of its UTF-8 becomes `=` and two digits. Too long: its hash. */
  readonly segment: string;
  /** Holds the name of a hashed one. */
  readonly description: string;
}

export function toStoredName(name: string): StoredName {
  const bytes = new TextEncoder().encode(name);
  const segment = [...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return PLAIN.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
  if (segment.length <= LONGEST)
    return { segment, description: "A record of Keelson. Do not edit it by hand." };
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { segment: `=h${hash}`, description: MARK + Buffer.from(bytes).toString("base64url") };
}

/** The name behind a stored one; `undefined` where it is none of ours. */
export function fromStoredName(segment: string, description: string | undefined): string | undefined {
  const name = HASHED.test(segment) ? fromDescription(description) : unescaped(segment);
  return name !== undefined && toStoredName(name).segment === segment ? name : undefined;
}

function fromDescription(description = ""): string | undefined {
  return description.startsWith(MARK)
    ? decode(Buffer.from(description.slice(MARK.length), "base64url"))
    : undefined;
}

function unescaped(segment: string): string | undefined {
  if (!ESCAPED.test(segment)) return undefined;
  const bytes: number[] = [];
  for (let i = 0; i < segment.length; i++) {
    const isEscape = segment[i] === "=";
    bytes.push(isEscape ? Number.parseInt(segment.slice(i + 1, i + 3), 16) : segment.charCodeAt(i));
    if (isEscape) i += 2;
  }
  return decode(new Uint8Array(bytes));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
