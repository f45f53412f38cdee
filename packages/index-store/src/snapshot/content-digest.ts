const WORDS = 8;

/**
 * The digest of a set of documents: the sum of their SHA-256 hashes, modulo 2^256. It does not depend on their order,
 * so one can be taken out again without reading the others.
 */
export interface ContentDigest {
  /** @param hash SHA-256 in base64url. */
  add(hash: string): void;
  subtract(hash: string): void;
  /** In base64url, 43 characters. */
  value(): string;
}

/** @param start What to go on from. Default: no documents. */
export function createContentDigest(start?: string): ContentDigest {
  const sum = start === undefined ? new Uint32Array(WORDS) : toWords(start);
  const combine = (hash: string, sign: 1 | -1): void => {
    const words = toWords(hash);
    let carry = 0;
    for (let i = 0; i < WORDS; i++) {
      const total = (sum[i] as number) + sign * (words[i] as number) + carry;
      sum[i] = total;
      carry = Math.floor(total / 2 ** 32);
    }
  };
  return {
    add: (hash) => combine(hash, 1),
    subtract: (hash) => combine(hash, -1),
    value: () => {
      const bytes = new Uint8Array(4 * WORDS);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < WORDS; i++) view.setUint32(4 * i, sum[i] as number, true);
      return Buffer.from(bytes).toString("base64url");
    },
  };
}

function toWords(hash: string): Uint32Array {
  const bytes = Buffer.from(hash, "base64url");
  const words = new Uint32Array(WORDS);
  for (let i = 0; i < WORDS; i++) words[i] = bytes.readUInt32LE(4 * i);
  return words;
}
