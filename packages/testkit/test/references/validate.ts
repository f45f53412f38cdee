import { assertId, assertJson, KeelsonError } from "@keelson/core";

export function invalidArgument(argument: string): KeelsonError<"ARGUMENT_INVALID"> {
  return new KeelsonError("ARGUMENT_INVALID", `${argument} is invalid`, {
    details: { argument, reason: "is out of its range" },
  });
}

export function assertIds(ids: readonly unknown[]): void {
  for (const id of ids) assertId(id);
}

export function assertMetadata(metadata: unknown): void {
  if (metadata === undefined) return;
  assertJson(metadata);
  if (typeof metadata === "object" && metadata !== null && !Array.isArray(metadata)) return;
  throw new KeelsonError("VALUE_INVALID", "metadata is no object", {
    details: { path: [], reason: "not an object" },
  });
}
