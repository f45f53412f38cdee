import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createRotationRunner, createSecretStore, verifyAudit } from "../src/index.ts";

/** What JavaScript may be given where the types say otherwise. */
const unchecked = (value?: unknown): never => value as never;
const store = createSecretStore(createMemoryStorage());

describe("a call with what cannot be used", () => {
  it.each<[string, () => unknown, string]>([
    ["a store without options", () => createSecretStore(unchecked()), "options"],
    ["a value that is an object", () => store.put("api", unchecked({})), "value"],
    ["a value that is null", () => store.put("api", unchecked(null)), "value"],
    ["a presented value that is a list", () => store.verify("api", unchecked(["x"])), "presented"],
    ["a runner without options", () => createRotationRunner(unchecked()), "options"],
    ["a runner without a store", () => createRotationRunner(unchecked({})), "store"],
    ["no audit", () => verifyAudit("api", unchecked()), "audit"],
    ["an audit without events", () => verifyAudit("api", unchecked({ dropped: 0 })), "audit"],
  ])("is refused by name: %s", async (_, call, argument) => {
    const error: unknown = await (async () => call())().catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "ARGUMENT_INVALID") && error.details.argument).toBe(argument);
  });
});
