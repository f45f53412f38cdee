import { hkdfSync } from "node:crypto";

/** What the data keys of a store's secrets are wrapped with. */
export interface WrappingKey {
  /** Tells keys apart without telling anything of them: 16 hexadecimal digits. */
  readonly id: string;
  readonly key: Buffer;
}

/** Derives it (HKDF, RFC 5869) from a master key, so that stores that share one have nothing in common. */
export function deriveWrappingKey(masterKey: Uint8Array, storeId: Uint8Array): WrappingKey {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync("sha256", masterKey, storeId, `keelson secrets ${purpose} 1`, length));
  return { id: derive("id", 8).toString("hex"), key: derive("wrap", 32) };
}
