import { secretUnreadable } from "@keelson/core";
import type { SealedSecret, Sealer } from "@keelson/storage-engine";
import { envelopeKeyId, openEnvelope, rewrapEnvelope, sealEnvelope } from "./envelope.ts";
import type { WrappingKey } from "./wrapping-key.ts";

/** The keys of an open store: one that seals, and those that still open. */
export interface Keyring extends Sealer {
  /** Seals with this key from now on. The one before it still opens. */
  use(key: WrappingKey): void;
  /** Forgets every key but the one that seals. */
  forgetOthers(): void;
  /** Is the key that the secret's data key is wrapped with in the ring? */
  opens(this: void, secret: SealedSecret): boolean;
  /** Is the secret's data key wrapped with the key that seals? */
  isCurrent(secret: SealedSecret): boolean;
  /**
   * Wraps the data key of a secret with the key that seals.
   *
   * @throws KeelsonError SECRET_UNREADABLE when no key of the ring opens it.
   */
  rewrap(secret: SealedSecret): string;
}

export function createKeyring(first: WrappingKey, others: readonly WrappingKey[] = []): Keyring {
  let current = first;
  let keys = [first, ...others];

  const keyOf = (sealed: string, name: string): WrappingKey => {
    const id = envelopeKeyId(sealed);
    const found = keys.find((key) => key.id === id);
    if (id === undefined) throw secretUnreadable(name, "it is no envelope of this version");
    if (found === undefined) throw secretUnreadable(name, "it was sealed with another master key");
    return found;
  };
  return {
    seal: (payload, name, revision) => sealEnvelope(payload, { name, revision }, current),
    unseal: (sealed, name, revision) => openEnvelope(sealed, { name, revision }, keyOf(sealed, name)),
    use: (key) => {
      current = key;
      keys = [key, ...keys.filter(({ id }) => id !== key.id)];
    },
    forgetOthers: () => {
      keys = [current];
    },
    opens: ({ sealed }) => keys.some(({ id }) => id === envelopeKeyId(sealed)),
    isCurrent: ({ sealed }) => envelopeKeyId(sealed) === current.id,
    rewrap: (secret) => rewrapEnvelope(secret.sealed, secret, keyOf(secret.sealed, secret.name), current),
  };
}
