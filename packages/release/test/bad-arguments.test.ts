import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createReleaseManager, fromScorer, metricGuard, simulate } from "../src/index.ts";

/** What JavaScript may be given where the types say otherwise. */
const unchecked = (value?: unknown): never => value as never;
const manager = createReleaseManager(createMemoryStorage());
const answer = () => "";

describe("a call with what cannot be used", () => {
  it.each<[string, () => unknown, string]>([
    ["a manager without options", () => createReleaseManager(unchecked()), "options"],
    ["a canary without options", () => manager.canary("v2", unchecked()), "options"],
    ["a release without options", () => manager.release("v2", unchecked()), "options"],
    ["a scorer without options", () => fromScorer(unchecked()), "options"],
    ["a scorer without an id", () => fromScorer(unchecked({})), "id"],
    ["a scorer without a system", () => fromScorer(unchecked({ id: "a" })), "answer"],
    ["no scorer", () => fromScorer(unchecked({ id: "a", answer })), "scorer"],
    ["a list of no scorers", () => fromScorer({ id: "a", answer, scorer: [] }), "scorer"],
    [
      "a scorer that is a name",
      () => fromScorer({ id: "a", answer, scorer: unchecked(["exact"]) }),
      "scorer",
    ],
    ["a guard without options", () => metricGuard(unchecked()), "options"],
    ["a guard without an id", () => metricGuard(unchecked({})), "id"],
    ["a guard that measures nothing", () => metricGuard(unchecked({ id: "slow" })), "worse"],
    ["a simulation of no gate", () => simulate(unchecked()), "gate"],
  ])("is refused by name: %s", async (_, call, argument) => {
    const error: unknown = await (async () => call())().catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "ARGUMENT_INVALID") && error.details.argument).toBe(argument);
  });
});
