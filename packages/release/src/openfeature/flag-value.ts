import type { Json } from "@keelson/core";
import type { Assignment } from "../router.ts";

/**
 * What a flag's name stands for in an assignment: `release`, `bundleId`, `variant`, `bundle`, or a way into the
 * bundle as `config.topK`. `undefined` where there is nothing of that name.
 */
export function flagValue(
  flag: string,
  { bundle, release, bundleId, variant }: Assignment,
): Json | undefined {
  const parts: Readonly<Record<string, unknown>> = { ...bundle, bundle, release, bundleId, variant };
  let value: unknown = parts;
  for (const step of flag.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value as Json;
}
