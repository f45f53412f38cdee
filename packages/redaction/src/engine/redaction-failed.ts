import { KeelsonError } from "@keelson/core";

/** The error of a text that could not be redacted. It has no cause: what detectors and operators throw may quote the text. */
export function redactionFailed(reason: string): KeelsonError<"REDACTION_FAILED"> {
  return new KeelsonError("REDACTION_FAILED", `redaction failed: ${reason}`, {
    details: { documentId: undefined, reason },
  });
}
