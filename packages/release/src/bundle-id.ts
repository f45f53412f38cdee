import { createHash } from "node:crypto";
import { assertJson, type Bundle, type Json, KeelsonError } from "@keelson/core";
import stringify from "safe-stable-stringify";

const PARTS: ReadonlySet<string> = new Set(["prompt", "model", "index", "embedder", "config"]);

/** The canonical JSON (RFC 8785) of a value that is known to be JSON. */
export function canonicalJson(value: Json): string {
  // It answers undefined only for what is not JSON.
  return stringify(value) as string;
}

/** The SHA-256 of a value's canonical JSON, in hexadecimal. */
export function contentHash(value: Json): string {
  return createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}

/**
 * The content id of a bundle: the SHA-256 of its canonical JSON (RFC 8785), in hexadecimal. Equal bundles have equal
 * ids, whatever the order of their keys.
 *
 * @throws KeelsonError VALUE_INVALID when it is not a bundle, with the path to the fault.
 *
 * @example
 * ```ts
 * import { bundleId } from "@keelson/release";
 *
 * const id = bundleId({ prompt: "Answer briefly.", model: "small" });
 * console.log(id === bundleId({ model: "small", prompt: "Answer briefly." })); // true
 * ```
 */
export function bundleId(bundle: Bundle): string {
  return contentHash(copyBundle(bundle) as unknown as Json);
}

/** A checked, deep-frozen copy of a bundle that shares nothing with it. Properties that are `undefined` are left out. */
export function copyBundle(bundle: Bundle): Bundle {
  if (typeof bundle !== "object" || bundle === null) throw invalid([], "not an object");
  const given = Object.entries(bundle).filter(([, value]) => value !== undefined);
  for (const [part] of given) if (!PARTS.has(part)) throw invalid([part], "not a part of a bundle");
  const copy: unknown = Object.fromEntries(given.map(([part, value]) => [part, partOf(part, value)]));
  assertJson(copy);
  const { prompt, model, index, embedder } = copy as unknown as Partial<Bundle>;
  if (prompt === undefined) throw invalid(["prompt"], "missing");
  if (model === undefined) throw invalid(["model"], "missing");
  if (index !== undefined) checkIndex(index);
  if (embedder !== undefined) checkEmbedder(embedder as unknown as Record<string, unknown>);
  return freeze(JSON.parse(canonicalJson(copy))) as Bundle;
}

function checkIndex(index: unknown): void {
  if (typeof index !== "object" || index === null) throw invalid(["index"], "not an object");
  const { name, generation, snapshot, ...others } = index as Record<string, unknown>;
  if (typeof name !== "string" || name === "") throw invalid(["index", "name"], "not a name");
  const byGeneration = Number.isSafeInteger(generation) && snapshot === undefined;
  const bySnapshot = typeof snapshot === "string" && snapshot !== "" && generation === undefined;
  if (!byGeneration && !bySnapshot) throw invalid(["index"], "needs either a generation or a snapshot");
  const [other] = Object.keys(others);
  if (other !== undefined) throw invalid(["index", other], "not a part of an index reference");
}

/** An embedder itself is no JSON: what tells it from others is kept. */
function partOf(part: string, value: unknown): unknown {
  if (part !== "embedder") return value;
  if (typeof value !== "object" || value === null) throw invalid(["embedder"], "not an object");
  const { id, dimension } = value as Record<string, unknown>;
  return { id: id ?? null, dimension: dimension ?? null };
}

function checkEmbedder({ id, dimension }: Record<string, unknown>): void {
  if (typeof id !== "string" || id === "") throw invalid(["embedder", "id"], "not an id");
  if (!Number.isSafeInteger(dimension) || (dimension as number) < 1) {
    throw invalid(["embedder", "dimension"], "not a dimension");
  }
}

function freeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}

function invalid(path: readonly string[], reason: string): KeelsonError<"VALUE_INVALID"> {
  const place = ["bundle", ...path].join(".");
  return new KeelsonError("VALUE_INVALID", `${place} is ${reason}`, { details: { path, reason } });
}
