import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../src/index.ts";
import { contentOf, createSubject, faultsOf, paragraphs } from "./support.ts";

type Known = { text: string[]; metadata: unknown; expiresAtMs: number | undefined };
type Step =
  | { type: "upsert"; documents: SourceDocument[] }
  | { type: "reindex"; documents: SourceDocument[] }
  | { type: "remove"; ids: string[] }
  | { type: "wait"; ms: number }
  | { type: "sweep" }
  | { type: "snapshot" }
  | { type: "reopen" }
  | { type: "restore"; which: number };

const ids = ["a", "b", "c", "d", "e"];
const id = fc.constantFrom(...ids);
const documentArbitrary: fc.Arbitrary<SourceDocument> = fc.record(
  {
    id,
    text: fc
      .array(fc.constantFrom("one", "two", "three", " ", "PII-x"), { maxLength: 4 })
      .map((parts) => parts.join("\n\n")),
    metadata: fc.constantFrom({ x: 1 }, { x: { y: [2] } }, { PII: "PII-y" }),
    ttlMs: fc.constantFrom(5, 20),
    subjects: fc.constantFrom(["ann"], ["bob", "ann"]),
  },
  { requiredKeys: ["id", "text"] },
);
const documentsArbitrary = fc.uniqueArray(documentArbitrary, {
  selector: (document) => document.id,
  maxLength: 4,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom("upsert" as const, "reindex" as const), documents: documentsArbitrary }),
  fc.record({ type: fc.constant("remove" as const), ids: fc.uniqueArray(id, { maxLength: 3 }) }),
  fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(1, 5, 20) }),
  fc.constantFrom<Step>({ type: "sweep" }, { type: "snapshot" }, { type: "reopen" }),
  fc.record({ type: fc.constant("restore" as const), which: fc.nat(5) }),
);

function written(document: SourceDocument, known: Known | undefined, nowMs: number, renew: boolean): Known {
  const text = String(document.text)
    .replaceAll("PII-x", "[pii]")
    .split("\n\n")
    .filter((part) => part.trim() !== "");
  const metadata =
    document.metadata && JSON.parse(JSON.stringify(document.metadata).replaceAll("PII-y", "[pii]"));
  if (document.ttlMs === undefined) return { text, metadata, expiresAtMs: undefined };
  const running = known?.expiresAtMs !== undefined && known.expiresAtMs > nowMs;
  const same =
    known !== undefined && rawTexts.get(known) === document.text && ttls.get(known) === document.ttlMs;
  const expiresAtMs = running && same && !renew ? known.expiresAtMs : nowMs + document.ttlMs;
  return { text, metadata, expiresAtMs };
}

// What the model knows of a document beyond what can be read back.
const rawTexts = new WeakMap<Known, string>();
const ttls = new WeakMap<Known, number | undefined>();

describe("an index", () => {
  it("says what a map would say, after any steps", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { storage, clock, open, index: first } = await createSubject({ chunker: paragraphs });
        let index = first;
        let model = new Map<string, Known>();
        const snapshots: { id: string; model: Map<string, Known> }[] = [];
        for (const next of steps) {
          const nowMs = clock.now();
          if (next.type === "upsert" || next.type === "reindex") {
            await index[next.type](next.documents);
            for (const document of next.documents) {
              const known = written(document, model.get(document.id), nowMs, next.type === "upsert");
              rawTexts.set(known, String(document.text));
              ttls.set(known, document.ttlMs);
              model.set(document.id, known);
            }
          } else if (next.type === "remove") {
            await index.remove(next.ids);
            for (const each of next.ids) model.delete(each);
          } else if (next.type === "wait") {
            clock.setNow(nowMs + next.ms);
          } else if (next.type === "sweep") {
            const due = [...model].filter(
              ([, { expiresAtMs = Number.POSITIVE_INFINITY }]) => expiresAtMs <= nowMs,
            );
            const { removed } = await index.sweepExpired();
            // The generation kept for a roll-back may have held more.
            for (const [each] of due) expect(removed).toContain(each);
            for (const [each] of due) model.delete(each);
          } else if (next.type === "snapshot") {
            const { id: snapshotId, documents } = await index.snapshot();
            expect(documents).toBe(model.size);
            snapshots.push({ id: snapshotId, model: new Map(model) });
          } else if (next.type === "reopen") {
            index = await open();
          } else {
            const chosen = snapshots[next.which];
            if (chosen === undefined) continue;
            await index.restore(chosen.id);
            model = new Map(chosen.model);
          }
          const visible = [...model].filter(
            ([, { expiresAtMs = Number.POSITIVE_INFINITY }]) => expiresAtMs > clock.now(),
          );
          expect(await contentOf(index, ids)).toEqual(
            Object.fromEntries(ids.map((each) => [each, new Map(visible).get(each)])),
          );
          const matches = await index.query("one two three", { topK: 100 });
          expect(matches.map((match) => `${match.id} ${match.text}`).sort()).toEqual(
            visible.flatMap(([each, { text }]) => text.map((part) => `${each} ${part}`)).sort(),
          );
          expect((await index.status()).documents).toBe(model.size);
          expect(await faultsOf(storage)).toEqual([]);
        }
      }),
      { numRuns: 120 },
    );
  });
});
