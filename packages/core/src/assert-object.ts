import { argumentInvalid } from "./argument-invalid.ts";

/**
 * Refuses what was not given, or is no object, where a call cannot do without.
 *
 * @param argument What it goes by in the error. Default: the options of the call.
 * @throws {@link KeelsonError} ARGUMENT_INVALID
 */
export function assertObject(value: unknown, argument = "options"): asserts value is object {
  if (value === undefined) throw argumentInvalid(argument, "was not given");
  if (typeof value !== "object" || value === null) throw argumentInvalid(argument, "is no object");
}
