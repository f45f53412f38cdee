import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { describe, expect, it } from "vitest";
import { createIndex, formatPlan, fromTextSplitter } from "../src/index.ts";

/** What JavaScript may be given where the types say otherwise. */
const unchecked = (value?: unknown): never => value as never;
const index = await createIndex({
  ...createMemoryStorage(),
  name: "handbook",
  embedder: createHashEmbedder({ dimension: 8 }),
  redactor: "none",
});
const plan = await index.plan([], { mode: "full" });

describe("a call with what cannot be used", () => {
  it.each<[string, () => unknown, string]>([
    ["an index without options", () => createIndex(unchecked()), "options"],
    ["no source", () => index.sync(unchecked(), { mode: "full" }), "source"],
    ["ids to remove that are one", () => index.remove(unchecked("a")), "ids"],
    ["ids to touch that are one", () => index.touch(unchecked("a"), { ttlMs: 1 }), "ids"],
    ["a touch without options", () => index.touch(["a"], unchecked()), "options"],
    ["a policy that is none", () => index.forget(unchecked()), "policy"],
    ["a policy that is a number", () => index.forget(unchecked(7)), "policy"],
    [
      "snapshots to forget that are one",
      () => index.forget({ snapshotIds: unchecked("abc") }),
      "snapshotIds",
    ],
    ["an erasure of nothing", () => index.erase(unchecked()), "request"],
    ["an erasure of one id", () => index.erase({ ids: unchecked("a") }), "ids"],
    ["a document that is null", () => index.explain("a", unchecked(null)), "document"],
    ["a plan that is none", () => formatPlan(unchecked()), "plan"],
    [
      "a plan cut off",
      () => formatPlan(unchecked({ format: 1, changes: [], pipeline: { embedder: "e" } })),
      "plan",
    ],
    [
      "a plan with an action that is none",
      () => formatPlan(unchecked({ ...plan, changes: [{ id: "a", action: "toString", reasons: [] }] })),
      "plan",
    ],
    ["no splitter", () => fromTextSplitter(unchecked(), { id: "x" }), "splitter"],
    ["a splitter without options", () => fromTextSplitter({ splitText: () => [] }, unchecked()), "options"],
  ])("is refused by name: %s", async (_, call, argument) => {
    const error: unknown = await (async () => call())().catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "ARGUMENT_INVALID") && error.details.argument).toBe(argument);
  });
});
