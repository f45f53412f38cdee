import type { Detector } from "@keelson/core";
import { sha256 } from "@noble/hashes/sha2";
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex } from "@noble/hashes/utils";
import { base58, bech32, bech32m } from "@scure/base";
import { isBreak } from "./window.ts";

const BASE58 = /[13][1-9A-HJ-NP-Za-km-z]{25,34}/y;
const SEGWIT = /(?:bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71})/y;
const ETHEREUM = /0x[0-9A-Fa-f]{40}/y;

/** Is it a Bitcoin address of the first kinds: base 58, a version byte 0 or 5, and four bytes of double SHA-256? */
function isBase58Check(address: string): boolean {
  let bytes: Uint8Array;
  try {
    bytes = base58.decode(address);
  } catch {
    return false;
  }
  if (bytes.length !== 25 || (bytes[0] !== 0 && bytes[0] !== 5)) return false;
  const check = sha256(sha256(bytes.subarray(0, 21)));
  return bytes.subarray(21).every((byte, at) => byte === check[at]);
}

/** Is it a segregated witness address (BIP 173, BIP 350)? Version 0 has the checksum bech32, later ones bech32m. */
function isSegwit(address: `${string}1${string}`): boolean {
  for (const [coder, versions] of [
    [bech32, (version: number) => version === 0],
    [bech32m, (version: number) => version >= 1 && version <= 16],
  ] as const) {
    try {
      const [version = -1] = coder.decode(address).words;
      if (versions(version)) return true;
    } catch {
      // The checksum of the other kind, or none.
    }
  }
  return false;
}

/** Does the case of its letters carry the checksum of ERC-55, or none? */
function isEthereum(address: string): boolean {
  const hex = address.slice(2);
  const lower = hex.toLowerCase();
  if (hex === lower || hex === hex.toUpperCase()) return true;
  const hash = bytesToHex(keccak_256(lower));
  return [...hex].every((char, at) => /\d/.test(char) || (char === lower[at]) === (hash[at] ?? "") < "8");
}

/** Finds Bitcoin and Ethereum addresses by their checksums. */
export const cryptoAddress: Detector = {
  type: "CRYPTO",
  triggers: [{ token: 26 }],
  left: 1,
  right: 96,
  version: "1",
  verify({ text, start }) {
    const first = text[start];
    const pattern = first === "0" ? ETHEREUM : first === "1" || first === "3" ? BASE58 : SEGWIT;
    if (first !== "0" && first !== "1" && first !== "3" && first !== "b" && first !== "B") return undefined;
    if (!isBreak(text, start - 1)) return undefined;
    pattern.lastIndex = start;
    const address = pattern.exec(text)?.[0];
    if (address === undefined || !isBreak(text, pattern.lastIndex)) return undefined;
    const genuine =
      pattern === ETHEREUM
        ? isEthereum(address)
        : pattern === BASE58
          ? isBase58Check(address)
          : isSegwit(address as `${string}1${string}`);
    return genuine ? { start, end: start + address.length, score: 0.95, reason: "checksum" } : undefined;
  },
};
