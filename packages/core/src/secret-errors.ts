import { KeelsonError } from "./keelson-error.ts";
import type { ExpectedRevision } from "./shared-types.ts";

/** Makes the error of a secret backend for a record that is not as a write expects it. */
export function secretConflict(
  name: string,
  expect: ExpectedRevision,
  actual: ExpectedRevision,
): KeelsonError<"SECRET_CONFLICT"> {
  return new KeelsonError("SECRET_CONFLICT", `the secret ${name} is at ${actual}, expected ${expect}`, {
    details: { name, expect, actual },
  });
}

/** Makes the error for a record that is there but cannot be read. */
export function secretUnreadable(name: string, reason: string): KeelsonError<"SECRET_UNREADABLE"> {
  return new KeelsonError("SECRET_UNREADABLE", `the secret ${name} cannot be read: ${reason}`, {
    details: { name, reason },
  });
}
