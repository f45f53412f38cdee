import {
  type Json,
  KeelsonError,
  type Metadata,
  orAbort,
  type Redaction,
  type Redactor,
} from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { Counts } from "./ledger.ts";
import { type MaybePromise, toMaybePromise } from "./maybe-promise.ts";

/** The redactor of an index that was told not to redact. */
export const noRedaction: Redactor = Object.freeze({
  specVersion: 1,
  id: "none",
  redact: (text: string) => ({ text, findings: [] }),
});

const NO_FINDINGS: Counts = Object.freeze({});

/** What redaction left of a value, and what it replaced. */
export interface Redacted<T> {
  readonly value: T;
  readonly findings: Counts;
}

interface Call {
  readonly context: IndexContext;
  readonly documentId: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Redacts a text. It fails closed.
 *
 * @throws KeelsonError REDACTION_FAILED, without a cause, which could quote the text.
 */
export function redactText(call: Call, text: string): MaybePromise<Redacted<string>> {
  const { context, documentId, signal } = call;
  if (context.redactor === noRedaction) return { value: text, findings: NO_FINDINGS };
  const refuse = (): never => {
    signal?.throwIfAborted();
    throw failed(documentId, "the redactor rejected");
  };
  const take = (redaction: Redaction): Redacted<string> => {
    if (typeof redaction?.text !== "string" || !Array.isArray(redaction.findings))
      throw failed(documentId, "the redactor answered without text or findings");
    if (redaction.findings.length === 0) return { value: redaction.text, findings: NO_FINDINGS };
    const findings: Record<string, number> = {};
    for (const { type } of redaction.findings) findings[type] = (findings[type] ?? 0) + 1;
    return { value: redaction.text, findings };
  };
  let answer: MaybePromise<Redaction>;
  try {
    answer = toMaybePromise(context.redactor.redact(text, { signal }));
  } catch {
    return refuse();
  }
  return answer instanceof Promise ? orAbort(answer, signal).then(take, refuse) : take(answer);
}

/** Redacts every string and every field name of metadata, however deep. */
export async function redactMetadata(call: Call, metadata: Metadata): Promise<Redacted<Metadata>> {
  const findings: Record<string, number> = {};
  const text = async (value: string): Promise<string> => {
    const redacted = await redactText(call, value);
    addCounts(findings, redacted.findings);
    return redacted.value;
  };
  const walk = async (value: Json): Promise<Json> => {
    if (typeof value === "string") return await text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const list: Json[] = [];
      for (const element of value) list.push(await walk(element));
      return list;
    }
    const fields = new Map<string, Json>();
    for (const [name, field] of Object.entries(value)) {
      const safe = await text(name);
      if (fields.has(safe))
        throw failed(call.documentId, "two metadata fields have one name after redaction");
      fields.set(safe, await walk(field));
    }
    return Object.fromEntries(fields);
  };
  return { value: (await walk(metadata)) as Metadata, findings };
}

/**
 * Refuses an id that the redactor would change, since ids are stored as they are.
 *
 * @throws KeelsonError ID_INVALID without the id.
 */
export async function assertCleanId(context: IndexContext, id: string, signal?: AbortSignal): Promise<void> {
  if (trustsIds(context)) return;
  const { value } = await redactText({ context, documentId: undefined, signal }, id);
  if (value === id) return;
  const reason = "holds what the redactor would replace";
  throw new KeelsonError("ID_INVALID", `a document's id ${reason}: choose another, or allowPiiInIds`, {
    details: { reason },
  });
}

/** Need no id be looked into? */
export function trustsIds({ allowPiiInIds, redactor }: IndexContext): boolean {
  return allowPiiInIds || redactor === noRedaction;
}

/** Adds counts to counts. */
export function addCounts(sums: Record<string, number>, counts: Counts): void {
  for (const type in counts) sums[type] = (sums[type] ?? 0) + (counts[type] as number);
}

function failed(documentId: string | undefined, reason: string): KeelsonError<"REDACTION_FAILED"> {
  const whose = documentId === undefined ? "a text" : `the document ${documentId}`;
  return new KeelsonError("REDACTION_FAILED", `${whose} could not be redacted: ${reason}`, {
    details: { documentId, reason },
  });
}
