import { randomBytes } from "node:crypto";
import { decodeToken, keyedHashOf, randomToken, sameDigest } from "./digest.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { StoredSecret, StoredVersion } from "./stored-secret.ts";

/** The most versions that are accepted at a time: the current one and two previous ones. */
export const MOST_LIVE = 3;

/** One digest to compare with. */
interface Slot {
  readonly digest: Buffer;
  /** `undefined` in slots that only stand there to be compared. */
  readonly version: StoredVersion | undefined;
}

/** What a presented value is compared with: always the same number of digests, however many versions live. */
export interface LiveVersions {
  readonly hash: KeyedHash;
  readonly slots: readonly Slot[];
  /** The earliest deadline: from then on the record is to be written anew. */
  readonly closesAtMs: number;
}

/** The live versions of a record. */
export function readLiveVersions({ key, versions }: StoredSecret): LiveVersions {
  const live = versions.filter(({ stage }) => stage === "current" || stage === "previous");
  const slots = live.map((version) => ({ version, digest: decodeToken(version.digest) ?? decoy() }));
  const deadlines = live.flatMap(({ expiresAtMs, stage }) =>
    stage === "previous" ? [expiresAtMs ?? 0] : [],
  );
  return { hash: keyedHashOf(key), slots: filled(slots), closesAtMs: Math.min(...deadlines) };
}

/** Live versions of a secret that does not exist, which cost as much to compare with as those of one that does. */
export function createDecoy(): LiveVersions {
  return { hash: keyedHashOf(randomToken()), slots: filled([]), closesAtMs: Number.POSITIVE_INFINITY };
}

/** The live version whose value was presented, whatever its deadline. Compares with all, and does not stop at a match. */
export function matchVersion({ hash, slots }: LiveVersions, presented: string): StoredVersion | undefined {
  const digest = hash.hash(presented);
  let match: StoredVersion | undefined;
  for (const slot of slots) if (sameDigest(slot.digest, digest)) match = slot.version;
  return match;
}

function filled(slots: Slot[]): Slot[] {
  while (slots.length < MOST_LIVE) slots.push({ version: undefined, digest: decoy() });
  return slots;
}

function decoy(): Buffer {
  return randomBytes(32);
}
