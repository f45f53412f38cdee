import { type ExpectedRevision, visibleText } from "@keelson/core";
import type { StaleReason } from "./diff.ts";
import { invalid } from "./documents.ts";
import type { SyncMode } from "./sync-documents.ts";

/** What a plan does with one document. */
export type PlannedChange = {
  readonly id: string;
  readonly action: "add" | "change" | "remove";
  /** Why: for `remove` that the source has it no more, and that it has expired where it has. */
  readonly reasons: readonly (StaleReason | "orphaned")[];
  /** How many of its chunks are to be embedded. Chunks of equal text are counted each. */
  readonly chunks: number;
  /** How many tokens they have. */
  readonly tokens: number;
  /** The revision of its ledger entry that the plan was made by. */
  readonly expect: ExpectedRevision;
  /** Digest of what it is to be; `remove` has none. */
  readonly content?: string;
};

/**
 * What a sync would do, as JSON: it can be printed, saved, looked at by somebody, and applied later. It holds ids and
 * digests, no text. What does not change is only counted.
 */
export type Plan = {
  readonly format: 1;
  readonly index: string;
  /** Names the ledger that it was made by: an index of the same name in another storage has another one. */
  readonly ledger: string;
  readonly mode: SyncMode;
  readonly createdAtMs: number;
  /** The generation that it was made by. */
  readonly generation: number;
  /** The ids of what is to write it. */
  readonly pipeline: { readonly embedder: string; readonly chunker: string; readonly redactor: string };
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  readonly unchanged: number;
  /** Another embedder made the index, so that first all of it is embedded anew: so many documents, chunks and tokens. */
  readonly rebuild?: { readonly documents: number; readonly chunks: number; readonly tokens: number };
  /** How many chunks are to be embedded in all. */
  readonly chunks: number;
  /** How many tokens they have, as `countTokens` counts. */
  readonly tokens: number;
  /** What that would cost, where `pricePerMillionTokens` is known. */
  readonly costUsd?: number;
  /** How many documents the index has, expired ones included. */
  readonly documents: number;
  /** Documents that cannot be redacted or cut: they stay as they are. The first 100. */
  readonly failures: readonly { readonly id: string; readonly code: string }[];
  /** In the order of the source; removals at the end, by id. */
  readonly changes: readonly PlannedChange[];
};

/** What {@link formatPlan} takes. */
export interface FormatPlanOptions {
  /** How many documents to list at the most. Default 20; 0 lists none. */
  readonly maxDocuments?: number | undefined;
}

const SIGNS = { add: "+", change: "~", remove: "-" } as const;

/** Refuses what is no plan, or none of this format. */
export function assertPlan(plan: Plan): void {
  const { format, changes, failures, pipeline } = plan ?? {};
  if (
    format !== 1 ||
    !Array.isArray(changes) ||
    !changes.every(isChange) ||
    !Array.isArray(failures) ||
    typeof pipeline?.embedder !== "string"
  )
    throw invalid("plan", "no plan of format 1");
}

function isChange(change: PlannedChange | null): boolean {
  const { id, action, reasons } = change ?? {};
  return typeof id === "string" && Object.hasOwn(SIGNS, action ?? "") && Array.isArray(reasons);
}

/**
 * A plan in words: the numbers, what is to be embedded, then a line a document. Ids can't smuggle in control
 * characters, or lines of their own.
 *
 * @throws KeelsonError ARGUMENT_INVALID when it is no plan of this format.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createHashEmbedder } from "@keelson/embedders";
 * import { createIndex, formatPlan } from "@keelson/index-store";
 *
 * const index = await createIndex({
 *   ...createMemoryStorage(),
 *   name: "handbook",
 *   embedder: createHashEmbedder(),
 *   redactor: "none",
 *   embedding: { pricePerMillionTokens: 20 },
 * });
 * const source = [
 *   { id: "keys", text: "Keys are rotated every month." },
 *   { id: "lunch", text: "Lunch is at noon." },
 *   { id: "tea", text: "Tea is at four." },
 * ];
 * await index.sync(source, { mode: "full" });
 * const edited = [source[0]!, { id: "lunch", text: "Lunch is at one." }, { id: "new", text: "Welcome." }];
 * const plan = await index.plan(edited, { mode: "full" });
 * console.log(formatPlan(plan));
 * // 1 to add, 1 to change, 1 to remove, 1 unchanged
 * // 2 chunks to embed, about 6 tokens, 0.00012 USD
 * // ~ lunch (text)
 * // + new (new)
 * // - tea (orphaned)
 * console.log((await index.apply(plan, edited)).removed); // 1
 * ```
 */
export function formatPlan(plan: Plan, { maxDocuments = 20 }: FormatPlanOptions = {}): string {
  assertPlan(plan);
  const { add, change, remove, unchanged, rebuild, chunks, tokens, costUsd, changes, failures } = plan;
  const lines = [`${add} to add, ${change} to change, ${remove} to remove, ${unchanged} unchanged`];
  if (rebuild !== undefined)
    lines.push(`${rebuild.documents} to embed anew, by ${plan.pipeline.embedder}, in a new generation`);
  if (chunks > 0) {
    const cost = costUsd === undefined ? "" : `, ${formatUsd(costUsd)} USD`;
    lines.push(`${counted(chunks, "chunk")} to embed, about ${counted(tokens, "token")}${cost}`);
  }
  for (const { id, action, reasons } of changes.slice(0, maxDocuments))
    lines.push(`${SIGNS[action]} ${id} (${reasons.join(", ")})`);
  if (maxDocuments > 0 && changes.length > maxDocuments)
    lines.push(`… and ${changes.length - maxDocuments} more`);
  for (const { id, code } of failures) lines.push(`! ${id} (${code})`);
  return lines.map(visibleText).join("\n");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Two digits that say something, and never an exponent. */
function formatUsd(costUsd: number): string {
  if (costUsd === 0 || costUsd >= 1) return costUsd.toFixed(2);
  const digits = Math.min(2 + Math.ceil(-Math.log10(costUsd)), 20);
  return costUsd.toFixed(digits).replace(/0+$/, "");
}
