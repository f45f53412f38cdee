import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { KeelsonError } from "@keelson/core";
import type { Sealer } from "@keelson/storage-engine";

const VERSION = "1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals secrets with AES-256-GCM under a key derived (HKDF, RFC 5869) from the master key and the store's id. Name and
 * revision are bound in, so that no record passes for another or for a newer one of its own.
 */
export function createSealer(
  masterKey: Uint8Array,
  storeId: Uint8Array,
): Sealer & { readonly keyId: string } {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync("sha256", masterKey, storeId, `keelson secrets ${purpose} ${VERSION}`, length));
  const key = derive("seal", 32);
  const keyId = derive("id", 8).toString("hex");

  return {
    keyId,
    seal: (payload, name, revision) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(boundData(name, revision));
      // UTF-16, since UTF-8 would lose a lone surrogate.
      const sealed = Buffer.concat([
        nonce,
        cipher.update(payload, "utf16le"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return [VERSION, keyId, sealed.toString("base64url")].join(".");
    },
    unseal: (sealed, name, revision) => {
      const [version, sealedBy, encoded = "", ...rest] = sealed.split(".");
      if (version !== VERSION || rest.length > 0) throw unreadable(name, "it is no seal of this version");
      if (sealedBy !== keyId) throw unreadable(name, "it was sealed with another master key");
      const bytes = Buffer.from(encoded, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAAD(boundData(name, revision));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString("utf16le");
      } catch {
        // What the cipher says helps nobody but an attacker.
        throw unreadable(name, "the seal is broken");
      }
    },
  };
}

/** Stands in where the key that the store's secrets were sealed with is not at hand: nothing is read or written. */
export function createRefusingSealer(reason: string): Sealer {
  const refuse = (_: string, name: string): never => {
    throw unreadable(name, reason);
  };
  return { seal: refuse, unseal: refuse };
}

/** The id of the key that sealed this. */
export function sealKeyId(sealed: string): string | undefined {
  return sealed.split(".")[1];
}

function boundData(name: string, revision: number): Buffer {
  return Buffer.from(`${revision}:${name}`, "utf8");
}

function unreadable(name: string, reason: string): KeelsonError<"SECRET_UNREADABLE"> {
  return new KeelsonError("SECRET_UNREADABLE", `the secret ${name} cannot be opened: ${reason}`, {
    details: { name, reason },
  });
}
