import {
  argumentInvalid,
  assertId,
  type ExpectedRevision,
  KeelsonError,
  type Metadata,
  ownJson,
  type PageOptions,
} from "@keelson/core";
import type { PageRange } from "./ordered-map.ts";

const DEFAULT_LIMIT = 1000;

export function assertList(list: unknown, argument: string): asserts list is readonly unknown[] {
  if (!Array.isArray(list)) throw argumentInvalid(argument, "is not a list");
}

export function assertIds(ids: readonly unknown[]): asserts ids is readonly string[] {
  assertList(ids, "ids");
  for (const id of ids) assertId(id);
}

export function assertExpected(expect: unknown): asserts expect is ExpectedRevision {
  if (expect === "absent" || Number.isSafeInteger(expect)) return;
  throw argumentInvalid("expect", 'is neither a revision nor "absent"');
}

/** Checks what asks for a page and fills in the defaults. */
export function pageRange(
  options: (PageOptions & { readonly prefix?: string | undefined }) | undefined,
): PageRange {
  const { prefix = "", after, limit = DEFAULT_LIMIT } = options ?? {};
  if (typeof prefix !== "string") throw argumentInvalid("prefix", "is not a string");
  if (after !== undefined && typeof after !== "string") throw argumentInvalid("after", "is not a string");
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw argumentInvalid("limit", `is ${String(limit)}, expected a whole number of at least 1`);
  return { prefix, after, limit };
}

/** Checks metadata and gives the store's own copy of it. */
export function ownMetadata(metadata: unknown): Metadata | undefined {
  if (metadata === undefined) return undefined;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    const reason = "metadata is not an object";
    throw new KeelsonError("VALUE_INVALID", reason, { details: { path: [], reason } });
  }
  return ownJson(metadata) as Metadata;
}
