import {
  argumentInvalid,
  assertKey,
  assertObject,
  assertSpecVersion,
  type Secret,
  type SecretBackend,
} from "@keelson/core";
import type { OverlapPolicy, RotationSchedule } from "./rotation-types.ts";
import type { ChangeOptions } from "./secret-store.ts";
import type { SecretStoreOptions } from "./secret-store-options.ts";
import type { SecretKind } from "./stored-secret.ts";

const LONGEST_NAME = 256;
const LONGEST_VALUE = 65_536;
const LONGEST_NOTE = 1024;
const LONGEST_CONSUMER = 128;
// 22 characters of base64url are the shortest that can hold 128 random bits.
const SHORTEST_VERIFIED = 22;
const POLICIES: readonly unknown[] = [
  "refuse",
  "keep-each-deadline",
  "revoke-previous",
] satisfies OverlapPolicy[];

/** The one backend that was given. */
export function readBackend(options: SecretStoreOptions): SecretBackend {
  assertObject(options);
  const { backend, secrets } = options;
  if (backend !== undefined && secrets !== undefined)
    throw argumentInvalid("backend", 'was given beside "secrets": give one of them');
  const given = backend ?? secrets;
  if (given === undefined) throw argumentInvalid("backend", "is missing: give one, or spread a storage");
  assertSpecVersion(given, "SecretBackend");
  return given;
}

export function assertName(name: unknown): asserts name is string {
  assertKey(name, LONGEST_NAME);
}

/** The text of a value that may come as a `Secret`, also of another copy of core. */
export function readText(argument: string, value: string | Secret): string {
  const text: unknown = typeof value === "object" ? value?.expose?.() : value;
  if (typeof text !== "string") throw argumentInvalid(argument, "is neither a string nor a Secret");
  return text;
}

/** The text of a value that is to be stored. */
export function readValue(argument: string, value: string | Secret, kind: SecretKind): string {
  const text = readText(argument, value);
  if (text === "") throw argumentInvalid(argument, "is empty");
  if (text.length > LONGEST_VALUE)
    throw argumentInvalid(argument, `is longer than ${LONGEST_VALUE} UTF-16 code units`);
  if (!text.isWellFormed()) throw argumentInvalid(argument, "is not well-formed Unicode");
  if (kind === "verify" && text.length < SHORTEST_VERIFIED)
    throw argumentInvalid(
      argument,
      `is shorter than ${SHORTEST_VERIFIED} characters, too few for kind "verify"`,
    );
  return text;
}

export function assertKind(kind: unknown): asserts kind is SecretKind {
  if (kind !== "use" && kind !== "verify") throw argumentInvalid("kind", 'is neither "use" nor "verify"');
}

export function assertOverlap(onOverlap: unknown): asserts onOverlap is OverlapPolicy {
  if (!POLICIES.includes(onOverlap)) throw argumentInvalid("onOverlap", "is not a known policy");
}

export function assertGrace(graceMs: unknown, now: number): asserts graceMs is number {
  assertSpan("graceMs", graceMs);
  if (now + graceMs > Number.MAX_SAFE_INTEGER) throw argumentInvalid("graceMs", "is too large");
}

export function assertVersion(argument: string, version: unknown): asserts version is number {
  if (!Number.isSafeInteger(version) || (version as number) < 1)
    throw argumentInvalid(argument, "is not a whole number of at least 1");
}

/** Refuses a `by` or `why` that the audit cannot keep. */
export function assertNotes(options: ChangeOptions): void {
  for (const argument of ["by", "why"] as const) {
    const note: unknown = options[argument];
    if (note === undefined) continue;
    if (typeof note !== "string" || note === "" || note.length > LONGEST_NOTE || !note.isWellFormed())
      throw argumentInvalid(
        argument,
        `is not a well-formed string of 1 to ${LONGEST_NOTE} UTF-16 code units`,
      );
  }
}

/** Refuses a time that is no whole number of milliseconds. */
export function assertSpan(argument: string, ms: unknown): asserts ms is number {
  if (!Number.isSafeInteger(ms) || (ms as number) < 0)
    throw argumentInvalid(argument, "is not a whole number of at least 0");
}

/** Refuses a schedule whose windows would overlap. */
export function assertSchedule(schedule: RotationSchedule): void {
  assertSpan("everyMs", schedule.everyMs);
  assertSpan("graceMs", schedule.graceMs);
  if (schedule.everyMs <= schedule.graceMs) throw argumentInvalid("everyMs", "is not more than graceMs");
}

/** The label of a consumer that was not named. */
export const UNNAMED = "unnamed";

/** Refuses a label that cannot be kept. */
export function assertConsumer(consumer: unknown): asserts consumer is string {
  if (typeof consumer !== "string" || consumer === "" || consumer.length > LONGEST_CONSUMER)
    throw argumentInvalid("consumer", `is not a string of 1 to ${LONGEST_CONSUMER} UTF-16 code units`);
  if (!consumer.isWellFormed()) throw argumentInvalid("consumer", "is not well-formed Unicode");
}
