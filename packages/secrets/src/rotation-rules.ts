import { argumentInvalid, KeelsonError } from "@keelson/core";
import { MOST_LIVE } from "./live-versions.ts";
import { hookNames, type RotationHooks } from "./rotation-hooks.ts";
import type { OverlapPolicy } from "./rotation-types.ts";
import type { StoredRotation, StoredSecret, StoredVersion } from "./stored-secret.ts";
import { type Candidate, currentOf, previousOf } from "./transitions.ts";

// How many windows may be open when a rotation opens one more.
const ROOM: Readonly<Record<OverlapPolicy, number>> = {
  refuse: 0,
  "keep-each-deadline": MOST_LIVE - 2,
  "revoke-previous": Number.POSITIVE_INFINITY,
};

/** Refuses a rotation of another version than asked for. */
export function assertCurrent(secret: StoredSecret, ifVersion: number | undefined): void {
  const current = currentOf(secret)?.version;
  if (ifVersion !== undefined && ifVersion !== current)
    throw versionConflict(secret.name, ifVersion, current);
}

/** Refuses a rotation for which the open windows leave no room. */
export function assertRoom(secret: StoredSecret, onOverlap: OverlapPolicy): void {
  const { name } = secret;
  const open = previousOf(secret).toSorted((a, b) => deadline(a) - deadline(b));
  if (open.length <= ROOM[onOverlap]) return;
  // The window whose end makes room: the last of all, or the first.
  const blocking = open.at(onOverlap === "refuse" ? -1 : 0) as StoredVersion;
  const details = { name, previous: blocking.version, expiresAtMs: deadline(blocking) };
  const message = `version ${details.previous} of secret ${name} is accepted until ${details.expiresAtMs}: wait, end it by expireGrace, or choose onOverlap`;
  throw new KeelsonError("SECRET_GRACE_OPEN", message, { details });
}

/** Refuses a value that is live, since ending one version would then not end its value. */
export function assertNew(argument: string, secret: StoredSecret, { digest }: Candidate): void {
  const twin = secret.versions.find((version) => version.stage !== "pending" && version.digest === digest);
  if (twin !== undefined)
    throw argumentInvalid(argument, `is that of version ${twin.version}, which is live`);
}

/** An unfinished rotation is completed or taken back by the hooks it was begun with. */
export function assertHooks({ version, hooks }: StoredRotation, given: RotationHooks): void {
  const names = hookNames(given);
  const missing = hooks.filter((hook) => !names.includes(hook)).join(", ");
  if (missing !== "")
    throw argumentInvalid(
      "hooks",
      `of the unfinished rotation to version ${version} are missing: ${missing}. One that does nothing skips the step`,
    );
}

/** Somebody else changed the secret, or it is not at the version asked for. */
export function versionConflict(
  name: string,
  expect: number,
  actual: number | undefined,
): KeelsonError<"SECRET_CONFLICT"> {
  const now = actual === undefined ? "has no current version" : `is at version ${actual}`;
  return new KeelsonError("SECRET_CONFLICT", `secret ${name} ${now}, not ${expect}`, {
    details: { name, expect, actual: actual ?? "absent" },
  });
}

/** A hook failed. Without its error, which may quote the value. */
export function rotationFailed(name: string, step: string): KeelsonError<"SECRET_ROTATION_FAILED"> {
  return new KeelsonError("SECRET_ROTATION_FAILED", `the rotation of secret ${name} failed at ${step}`, {
    details: { name, step },
  });
}

function deadline({ expiresAtMs }: StoredVersion): number {
  return expiresAtMs ?? 0;
}
