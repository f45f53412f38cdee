import { randomBytes } from "node:crypto";
import { decodeToken, keyedHashOf, randomToken, sameDigest } from "./digest.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { VerifyResult } from "./secret-store.ts";
import type { StoredSecret, StoredVersion } from "./stored-secret.ts";

/** The most versions that are accepted at a time: the current one and two previous ones. */
export const MOST_LIVE = 3;

/** Stands for the version of what is not accepted. */
export const NO_VERSION = 0;

/** The answer to all that is not accepted. */
const REFUSED: VerifyResult = Object.freeze({ ok: false });

/** One digest to compare with, and what is then said: made beforehand, so that an answer of either kind costs no work. */
interface Slot {
  readonly digest: Buffer;
  /** {@link NO_VERSION} in slots that only stand there to be compared. */
  readonly version: number;
  readonly answer: VerifyResult;
  /** From when on the answer no longer holds. */
  readonly endsAtMs: number;
}

/** What a presented value is compared with: always the same number of digests, however many versions live. */
export interface LiveVersions {
  readonly hash: KeyedHash;
  readonly slots: readonly Slot[];
  /** What none of them is, then each of them. */
  readonly matches: readonly Slot[];
  /** The earliest deadline: from then on the record is to be written anew. */
  readonly closesAtMs: number;
}

/** The live versions of a record. */
export function readLiveVersions({ key, versions }: StoredSecret): LiveVersions {
  const live = versions.filter(({ stage }) => stage === "current" || stage === "previous");
  const deadlines = live.flatMap(({ expiresAtMs, stage }) =>
    stage === "previous" ? [expiresAtMs ?? 0] : [],
  );
  return { hash: keyedHashOf(key), ...filled(live.map(toSlot)), closesAtMs: Math.min(...deadlines) };
}

/** Live versions of a secret that does not exist, which cost as much to compare with as those of one that does. */
export function createDecoy(): LiveVersions {
  return { hash: keyedHashOf(randomToken()), ...filled([]), closesAtMs: Number.POSITIVE_INFINITY };
}

/** What was presented, as of now: of two versions of one value, the newer. The work is always the same. */
export function matchSlot({ hash, slots, matches }: LiveVersions, presented: string, now: number): Slot {
  const digest = hash.hash(presented);
  let found = 0;
  let bit = 1;
  // Sums and no branches: a processor that has guessed wrong takes longer, by some nanoseconds.
  for (const slot of slots) {
    found += bit * Number(sameDigest(slot.digest, digest));
    bit *= 2;
  }
  const slot = matches[32 - Math.clz32(found)] ?? NOBODY;
  // What is refused is so for ever: only a version past its deadline goes another way than all else here.
  return slot.endsAtMs > now ? slot : NOBODY;
}

function toSlot({ version, stage, expiresAtMs, digest }: StoredVersion): Slot {
  const isPrevious = stage === "previous";
  return {
    digest: decodeToken(digest) ?? randomDigest(),
    version,
    answer: Object.freeze({ ok: true, version, stage: isPrevious ? stage : "current", expiresAtMs }),
    endsAtMs: (isPrevious ? expiresAtMs : undefined) ?? Number.POSITIVE_INFINITY,
  };
}

function nobody(): Slot {
  return { digest: randomDigest(), version: NO_VERSION, answer: REFUSED, endsAtMs: Number.POSITIVE_INFINITY };
}

function filled(slots: Slot[]): Pick<LiveVersions, "slots" | "matches"> {
  while (slots.length < MOST_LIVE) slots.push(nobody());
  return { slots, matches: [NOBODY, ...slots] };
}

function randomDigest(): Buffer {
  return randomBytes(32);
}

const NOBODY = /* @__PURE__ */ nobody();
