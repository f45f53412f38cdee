import { KeelsonError } from "@keelson/core";

/** Makes the error for a secret that cannot be opened. The reason never quotes anything of it. */
export function secretUnreadable(name: string, reason: string): KeelsonError<"SECRET_UNREADABLE"> {
  return new KeelsonError("SECRET_UNREADABLE", `the secret ${name} cannot be opened: ${reason}`, {
    details: { name, reason },
  });
}
