import { KeelsonError } from "./keelson-error.ts";

/**
 * Makes the error for an argument or option that cannot be used.
 *
 * @param reason What is wrong with it, to be read on after its name: `"is empty"`. It quotes no text or secret.
 */
export function argumentInvalid(argument: string, reason: string): KeelsonError<"ARGUMENT_INVALID"> {
  return new KeelsonError("ARGUMENT_INVALID", `${argument} ${reason}`, { details: { argument, reason } });
}
