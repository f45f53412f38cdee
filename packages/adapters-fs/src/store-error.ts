import { isKeelsonError, KeelsonError } from "@keelson/core";

/** Makes the error for damage. `start` and `end` are byte offsets in `file`, end exclusive. */
export function corrupt(
  file: string,
  start: number,
  end: number,
  reason: string,
): KeelsonError<"STORE_CORRUPT"> {
  return new KeelsonError("STORE_CORRUPT", `${file} is damaged from byte ${start} to ${end}: ${reason}`, {
    details: { file, start, end, reason },
  });
}

/** Makes the error for what the medium refused. An error of Keelson passes as it is. */
export function failed(operation: string, cause: unknown): Error {
  if (isKeelsonError(cause)) return cause as Error;
  return new KeelsonError("STORE_FAILED", `could not ${operation}`, { details: { operation }, cause });
}

/** Makes the error for a file that a later version wrote. */
export function formatUnsupported(
  file: string,
  format: number,
  supported: readonly number[],
): KeelsonError<"STORE_FORMAT_UNSUPPORTED"> {
  return new KeelsonError(
    "STORE_FORMAT_UNSUPPORTED",
    `${file} is of format ${format}, supported: ${supported.join(", ")}`,
    { details: { file, format, supported } },
  );
}
