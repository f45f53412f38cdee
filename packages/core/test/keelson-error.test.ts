import { describe, expect, it, vi } from "vitest";
import { type ErrorCode, errorCodes, isKeelsonError, KeelsonError } from "../src/index.ts";

describe("KeelsonError", () => {
  it("carries code, details, cause and whether the call may be tried again", () => {
    const cause = new Error("disk");
    const error = new KeelsonError("STORE_FAILED", "append failed", {
      details: { operation: "append" },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "STORE_FAILED", details: { operation: "append" }, retryable: false });
    expect(error.cause).toBe(cause);
    expect(error.stack).toContain("KeelsonError: append failed");
  });

  it("takes retryable from the catalogue unless told otherwise", () => {
    const details = { embedder: "e", texts: 1, reason: "429" };
    expect(new KeelsonError("EMBEDDING_FAILED", "m", { details }).retryable).toBe(true);
    expect(new KeelsonError("EMBEDDING_FAILED", "m", { details, retryable: false }).retryable).toBe(false);
  });

  it("says how long to wait where somebody said so, and has no such property otherwise", () => {
    const details = { embedder: "e", texts: 1, reason: "429" };
    const error = new KeelsonError("EMBEDDING_FAILED", "m", { details, retryAfterMs: 1500 });
    const any: unknown = error;
    // Typed, of whatever code.
    const wait: number | undefined = isKeelsonError(any) ? any.retryAfterMs : 0;
    expect(wait).toBe(1500);
    expect("retryAfterMs" in new KeelsonError("EMBEDDING_FAILED", "m", { details })).toBe(false);
  });

  it("has no cause unless it was given one", () => {
    expect("cause" in new KeelsonError("TOP_K_INVALID", "m", { details: { topK: 0 } })).toBe(false);
  });
});

describe("isKeelsonError", () => {
  const error = new KeelsonError("ID_DUPLICATE", "m", { details: { id: "a" } });

  it("recognises the error, and tells its code", () => {
    expect(isKeelsonError(error)).toBe(true);
    expect(isKeelsonError(error, "ID_DUPLICATE")).toBe(true);
    expect(isKeelsonError(error, "ID_INVALID")).toBe(false);
  });

  it("recognises the error of another installed copy of the package", async () => {
    vi.resetModules();
    const other = await import("../src/keelson-error.ts");
    const foreign = new other.KeelsonError("ID_DUPLICATE", "m", { details: { id: "a" } });
    expect(foreign).not.toBeInstanceOf(KeelsonError);
    expect(isKeelsonError(foreign, "ID_DUPLICATE")).toBe(true);
  });

  it("takes nothing else for one", () => {
    for (const value of [undefined, null, "ID_DUPLICATE", new Error("m"), { code: "ID_DUPLICATE" }]) {
      expect(isKeelsonError(value)).toBe(false);
    }
  });

  it("narrows the details by code", () => {
    const id: string = isKeelsonError(error, "ID_DUPLICATE") ? error.details.id : "";
    expect(id).toBe("a");
    // A union over all codes narrows in a switch too.
    const any: unknown = error;
    if (!isKeelsonError(any) || any.code !== "ID_DUPLICATE") throw new Error("not narrowed");
    const again: string = any.details.id;
    expect(again).toBe("a");
  });
});

describe("errorCodes", () => {
  it("names every code in capitals, area first", () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
  });

  it("cannot be changed", () => {
    expect(Object.isFrozen(errorCodes)).toBe(true);
  });
});
