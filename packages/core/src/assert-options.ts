import { argumentInvalid } from "./argument-invalid.ts";

/**
 * Refuses options that were not given, or are no object, where a call cannot do without.
 *
 * @param argument What they go by in the error.
 * @throws {@link KeelsonError} ARGUMENT_INVALID
 */
export function assertOptions(options: unknown, argument = "options"): asserts options is object {
  if (options === undefined) throw argumentInvalid(argument, "was not given");
  if (typeof options !== "object" || options === null) throw argumentInvalid(argument, "is no object");
}
