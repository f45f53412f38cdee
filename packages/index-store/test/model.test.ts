import type { Chunker } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Index, SourceDocument, TouchOptions } from "../src/index.ts";
import { contentOf, createSubject, faultsOf, paragraphs } from "./support.ts";

/** A document as an index has to have it. */
interface Known {
  readonly text: string;
  readonly chunks: readonly string[];
  readonly chunker: string;
  readonly version: string | undefined;
  readonly metadata: unknown;
  readonly subjects: readonly string[];
  readonly ttlMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}
type Model = ReadonlyMap<string, Known>;
type Outcome = "added" | "changed" | "metadataOnly" | "touched" | "unchanged";

type Step =
  | {
      type: "write";
      call: "upsert" | "reindex" | "sync" | "apply";
      handle: number;
      documents: SourceDocument[];
    }
  | { type: "touch"; handle: number; ids: string[]; time: number | "never"; absolute: boolean }
  | { type: "remove"; handle: number; ids: string[] }
  | { type: "erase"; handle: number; what: { ids: string[] } | { subject: string } }
  | { type: "wait"; ms: number }
  | { type: "sweep" | "snapshot" | "rebuild" | "rollback" | "reopen"; handle: number }
  | { type: "restore"; handle: number; which: number };

const ids = ["a", "b", "c"];
const halves: Chunker = {
  ...paragraphs,
  id: "halves@1",
  chunk: (text) => {
    const middle = text.length >> 1;
    return [
      { text: text.slice(0, middle), start: 0, end: middle },
      { text: text.slice(middle), start: middle, end: text.length },
    ];
  },
};
const chunkers = [paragraphs, halves];
const redacted = (text: string): string => text.replaceAll("PII-x", "[pii]");

const id = fc.constantFrom(...ids);
const handle = fc.nat(1);
const START = 1_000_000;
const documentArbitrary: fc.Arbitrary<SourceDocument> = fc
  .record(
    {
      id,
      text: fc
        .array(fc.constantFrom("one", "two", " ", "PII-x"), { maxLength: 3 })
        .map((parts) => parts.join("\n\n")),
      version: fc.constantFrom("1", "2"),
      metadata: fc.constantFrom({ x: 1 }, { x: 2, deep: { y: ["PII-x"] } }),
      time: fc.constantFrom(
        { ttlMs: 5 },
        { ttlMs: 20 },
        { expiresAtMs: START + 10 },
        { expiresAtMs: START + 30 },
      ),
      subjects: fc.constantFrom([], ["ann"], ["bob", "ann"], ["ann", "bob", "ann"]),
    },
    { requiredKeys: ["id", "text"] },
  )
  .map(({ time, ...document }) => ({ ...document, ...time }));
const documentsArbitrary = fc.uniqueArray(documentArbitrary, {
  selector: (document) => document.id,
  maxLength: 3,
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      call: fc.constantFrom("upsert" as const, "reindex" as const, "sync" as const, "apply" as const),
      handle,
      documents: documentsArbitrary,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("touch" as const),
      handle,
      ids: fc.uniqueArray(id, { maxLength: 3 }),
      time: fc.constantFrom(0, 7, 25, "never" as const),
      absolute: fc.boolean(),
    }),
  },
  fc.record({ type: fc.constant("remove" as const), handle, ids: fc.uniqueArray(id, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant("erase" as const),
    handle,
    what: fc.oneof(
      fc.record({ ids: fc.uniqueArray(id, { minLength: 1, maxLength: 2 }) }),
      fc.record({ subject: fc.constantFrom("ann", "bob", "nobody") }),
    ),
  }),
  { weight: 2, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.constantFrom(1, 5, 20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(
        "sweep" as const,
        "snapshot" as const,
        "rebuild" as const,
        "rollback" as const,
        "reopen" as const,
      ),
      handle,
    }),
  },
  fc.record({ type: fc.constant("restore" as const), handle, which: fc.nat(3) }),
);

const isExpired = (known: Known, nowMs: number): boolean =>
  known.expiresAtMs !== undefined && known.expiresAtMs <= nowMs;
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a write makes of a document, and what it says of it. */
function written(
  document: SourceDocument,
  before: Known | undefined,
  chunker: Chunker,
  nowMs: number,
  renew: boolean,
): { after: Known; outcome: Outcome; embedded: string[] } {
  const { version, ttlMs } = document;
  const trusted =
    before !== undefined &&
    before.chunker === chunker.id &&
    version !== undefined &&
    version === before.version;
  const text = trusted ? before.text : redacted(String(document.text));
  const recut = before === undefined || text !== before.text || chunker.id !== before.chunker;
  const cut = recut ? (chunker.chunk(text) as { text: string }[]) : [];
  const chunks = recut ? cut.map((each) => each.text).filter((each) => each.trim() !== "") : before.chunks;
  const metadata = document.metadata && JSON.parse(redacted(JSON.stringify(document.metadata)));
  const subjects = [...new Set(document.subjects ?? [])].sort();
  let { expiresAtMs } = document;
  if (ttlMs !== undefined) {
    const runs = before !== undefined && before.ttlMs === ttlMs && !isExpired(before, nowMs);
    expiresAtMs = runs && !renew && text === before.text ? before.expiresAtMs : nowMs + ttlMs;
  }
  const after: Known = { text, chunks, chunker: chunker.id, version, metadata, subjects, ttlMs, expiresAtMs };
  const embedded = chunks.filter((each) => before?.chunks.includes(each) !== true);
  if (before === undefined) return { after, outcome: "added", embedded };
  if (same(after, before)) return { after: before, outcome: "unchanged", embedded: [] };
  const revived = isExpired(before, nowMs) && !isExpired(after, nowMs);
  // Chunks have places too.
  const outcome = revived
    ? "added"
    : text !== before.text || !same(chunks, before.chunks) || recutMoves(text, before, chunker)
      ? "changed"
      : !same(metadata, before.metadata)
        ? "metadataOnly"
        : "touched";
  return { after, outcome, embedded };
}

function recutMoves(text: string, before: Known, chunker: Chunker): boolean {
  const placesBy = (which: Chunker): unknown =>
    (which.chunk(text) as { text: string; start: number; end: number }[]).filter(
      (each) => each.text.trim() !== "",
    );
  return !same(placesBy(chunker), placesBy(chunkers.find((each) => each.id === before.chunker) as Chunker));
}

describe("an index", () => {
  it("says what a map would say, after any steps of either of two handles", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const { storage, clock, open, embedder } = await createSubject({ chunker: chunkers[0] });
        const handles: Index[] = [await open(), await open({ chunker: chunkers[1] })];
        let model: Model = new Map();
        let previous: Model | undefined;
        let snapshots: { id: string; model: Model }[] = [];
        const without = (from: Model, gone: ReadonlySet<string>): Model =>
          new Map([...from].filter(([each]) => !gone.has(each)));
        for (const next of steps) {
          const nowMs = clock.now();
          const index = handles["handle" in next ? next.handle : 0] as Index;
          const chunker = chunkers["handle" in next ? next.handle : 0] as Chunker;
          embedder.texts.length = 0;
          if (next.type === "write") {
            const { call, documents } = next;
            const counts = { added: 0, changed: 0, metadataOnly: 0, touched: 0, unchanged: 0, removed: 0 };
            const embedded = new Set<string>();
            const stale: string[] = [];
            const now = new Map(model);
            for (const document of documents) {
              const before = model.get(document.id);
              const each = written(document, before, chunker, nowMs, call === "upsert");
              if (written(document, before, chunker, nowMs, false).outcome !== "unchanged")
                stale.push(document.id);
              counts[each.outcome]++;
              for (const text of each.embedded) embedded.add(text);
              now.set(document.id, each.after);
            }
            if (call === "sync" || call === "apply") {
              const named = new Set(documents.map((each) => each.id));
              for (const each of model.keys()) if (!named.has(each) && now.delete(each)) counts.removed++;
            }
            expect(await index.staleIds(documents)).toEqual(stale);
            for (const document of documents.slice(0, 1))
              expect((await index.explain(document.id, document)).reasons.length > 0).toBe(
                stale.includes(document.id),
              );
            if (call === "sync") {
              expect(await index.sync(documents, { mode: "full", maxDeleteRatio: 1 })).toMatchObject(counts);
            } else if (call === "apply") {
              const plan = await index.plan(documents, { mode: "full" });
              const { unchanged, ...rest } = counts;
              expect(plan).toMatchObject({
                unchanged,
                remove: counts.removed,
                documents: model.size,
                add: counts.added,
                change: counts.changed + counts.metadataOnly + counts.touched,
              });
              expect(await index.apply(plan, documents, { maxDeleteRatio: 1 })).toMatchObject(rest);
            } else expect(await index[call](documents)).toMatchObject(counts);
            expect([...embedder.texts].sort()).toEqual([...embedded].sort());
            model = now;
          } else if (next.type === "touch") {
            const { time, absolute } = next;
            const options: TouchOptions =
              time === "never"
                ? { expiresAtMs: null }
                : absolute
                  ? { expiresAtMs: nowMs + time }
                  : { ttlMs: time };
            const { touched } = await index.touch(next.ids, options);
            const due = next.ids.filter((each) => {
              const known = model.get(each);
              return known !== undefined && !isExpired(known, nowMs);
            });
            expect(touched).toEqual(due);
            const now = new Map(model);
            for (const each of due)
              now.set(each, {
                ...(model.get(each) as Known),
                expiresAtMs: time === "never" ? undefined : nowMs + time,
              });
            model = now;
          } else if (next.type === "remove") {
            const { removed } = await index.remove(next.ids);
            expect(removed).toEqual(next.ids.filter((each) => model.has(each)));
            model = without(model, new Set(next.ids));
          } else if (next.type === "erase") {
            const { what } = next;
            const gone = new Set("ids" in what ? what.ids : []);
            const all = [model, previous ?? new Map(), ...snapshots.map((each) => each.model)] as Model[];
            if ("subject" in what)
              for (const each of all)
                for (const [one, known] of each) if (known.subjects.includes(what.subject)) gone.add(one);
            const there = new Set(all.flatMap((each) => [...each.keys()]).filter((each) => gone.has(each)));
            expect((await index.erase(what)).documents).toBe(there.size);
            model = without(model, gone);
            previous = previous && without(previous, gone);
            snapshots = snapshots.map((each) => ({ ...each, model: without(each.model, gone) }));
          } else if (next.type === "wait") {
            clock.setNow(nowMs + next.ms);
          } else if (next.type === "sweep") {
            const dueOf = (from: Model): string[] =>
              [...from].flatMap(([each, known]) => (isExpired(known, nowMs) ? [each] : []));
            const { removed } = await index.sweepExpired();
            const due = [...dueOf(model), ...dueOf(previous ?? new Map())];
            expect(new Set(removed)).toEqual(new Set(due));
            model = without(model, new Set(dueOf(model)));
            previous = previous && without(previous, new Set(dueOf(previous)));
          } else if (next.type === "snapshot") {
            const { id: snapshotId, documents } = await index.snapshot();
            expect(documents).toBe(model.size);
            // Of the same millisecond and the same content it is the same one.
            snapshots = [...snapshots.filter((each) => each.id !== snapshotId), { id: snapshotId, model }];
          } else if (next.type === "rebuild") {
            expect((await index.rebuild()).documents).toBe(model.size);
            expect(embedder.texts).toEqual([]);
            previous = model;
          } else if (next.type === "rollback") {
            if (previous === undefined) continue;
            await index.rollbackGeneration();
            [model, previous] = [previous, model];
          } else if (next.type === "restore") {
            const chosen = snapshots[next.which];
            if (chosen === undefined) continue;
            await index.restore(chosen.id);
            [model, previous] = [chosen.model, model];
          } else {
            await index.close();
            handles[next.handle] = await open({ chunker });
          }
          const visible = new Map([...model].filter(([, known]) => !isExpired(known, clock.now())));
          for (const each of handles) {
            expect(await contentOf(each, ids)).toEqual(
              Object.fromEntries(
                ids.map((one) => {
                  const known = visible.get(one);
                  return [
                    one,
                    known && { text: known.chunks, metadata: known.metadata, expiresAtMs: known.expiresAtMs },
                  ];
                }),
              ),
            );
            const matches = await each.query("one two three", { topK: 100, filter: { field: "x", eq: 1 } });
            expect(matches.map((match) => `${match.id} ${match.text}`).sort()).toEqual(
              [...visible]
                .flatMap(([one, { chunks, metadata }]) =>
                  (metadata as { x?: number } | undefined)?.x === 1
                    ? chunks.map((chunk) => `${one} ${chunk}`)
                    : [],
                )
                .sort(),
            );
          }
          const [first] = handles as [Index];
          const all = await first.query("one two three", { topK: 100 });
          expect(all.map((match) => `${match.id} ${match.text}`).sort()).toEqual(
            [...visible].flatMap(([one, { chunks }]) => chunks.map((chunk) => `${one} ${chunk}`)).sort(),
          );
          expect((await first.status()).documents).toBe(model.size);
          expect(await faultsOf(storage)).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });
});
