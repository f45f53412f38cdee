import { createHash } from "node:crypto";
import type { Json } from "@keelson/core";
import stringify from "safe-stable-stringify";

/** SHA-256 in base64url, 43 characters. */
export function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("base64url");
}

/** One JSON text for equal values, whatever the order of their keys. */
export function canonical(value: Json): string {
  return stringify(value) ?? "null";
}
