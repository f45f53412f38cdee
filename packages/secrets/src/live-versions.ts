import { randomBytes } from "node:crypto";
import { decodeToken, keyedHashOf, randomToken, sameDigest } from "./digest.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { VerifyAccepted, VerifyResult } from "./secret-store.ts";
import type { StoredSecret } from "./stored-secret.ts";

/** The most versions that are accepted at a time: the current one and two previous ones. */
export const MOST_LIVE = 3;

/**
 * What a presented value is compared with: always the same number of digests, however many versions live. What is known
 * of a match lies side by side with what is known of the others, so that it is read as fast as theirs.
 */
export interface LiveVersions {
  readonly hash: KeyedHash;
  readonly digests: readonly Buffer[];
  /** By match: 0 is none of the digests, 1 the first. */
  readonly versions: readonly (number | undefined)[];
  readonly stages: readonly (VerifyAccepted["stage"] | undefined)[];
  readonly expiresAtMs: readonly (number | undefined)[];
  /** From when on it is none, though its digest is equal. */
  readonly endsAtMs: readonly number[];
  /** The earliest deadline: from then on the record is to be written anew. */
  readonly closesAtMs: number;
}

/** The live versions of a record. */
export function readLiveVersions({ key, versions }: Pick<StoredSecret, "key" | "versions">): LiveVersions {
  const live = versions.filter(({ stage }) => stage === "current" || stage === "previous");
  const known = live.map(({ version, stage, expiresAtMs, digest }) => {
    const isPrevious = stage === "previous";
    const endsAtMs = isPrevious ? (expiresAtMs ?? 0) : Number.POSITIVE_INFINITY;
    return { version, stage: isPrevious ? stage : "current", expiresAtMs, digest, endsAtMs } as const;
  });
  const fill = Array<undefined>(Math.max(0, MOST_LIVE - known.length)).fill(undefined);
  const matches = [undefined, ...known, ...fill];
  const endsAtMs = matches.map((match) => match?.endsAtMs ?? Number.POSITIVE_INFINITY);
  return {
    hash: keyedHashOf(key),
    digests: matches.slice(1).map((match) => decodeToken(match?.digest) ?? randomBytes(32)),
    versions: matches.map((match) => match?.version),
    stages: matches.map((match) => match?.stage),
    expiresAtMs: matches.map((match) => match?.expiresAtMs),
    endsAtMs,
    closesAtMs: Math.min(...endsAtMs),
  };
}

/** Live versions of a secret that does not exist, which cost as much to compare with as those of one that does. */
export function createDecoy(): LiveVersions {
  return readLiveVersions({ key: randomToken(), versions: [] });
}

/** Which match was presented, as of now: of two versions of one value, the newer. The work is always the same. */
export function findMatch({ hash, digests, endsAtMs }: LiveVersions, presented: string, now: number): number {
  const digest = hash.hash(presented);
  let found = 0;
  let bit = 1;
  // Sums and no branches: a processor that has guessed wrong takes longer, by some nanoseconds.
  for (const each of digests) {
    found += bit * Number(sameDigest(each, digest));
    bit *= 2;
  }
  const match = 32 - Math.clz32(found);
  return match * Number((endsAtMs[match] ?? 0) > now);
}

/** What is said of a match: made for each call in one place, since objects of different shapes are not read alike. */
export function answerOf({ versions, stages, expiresAtMs }: LiveVersions, match: number): VerifyResult {
  return {
    ok: match > 0,
    version: versions[match],
    stage: stages[match],
    expiresAtMs: expiresAtMs[match],
  } as VerifyResult;
}
