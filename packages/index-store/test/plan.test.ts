import { describe, expect, it } from "vitest";
import { formatPlan, type Plan, type SourceDocument } from "../src/index.ts";
import {
  codeOf,
  createLetters,
  createSubject,
  failureOf,
  faultsOf,
  paragraphs,
  recordsOf,
  stateOf,
  tinyRedactor,
} from "./support.ts";

const documentsOf = (count: number): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}` }));

/** Three to add, one to change, one to remove, of a thousand. */
async function createPlanned() {
  const subject = await createSubject({ embedding: { countTokens: () => 2, pricePerMillionTokens: 10 } });
  await subject.index.upsert(documentsOf(998));
  const source = [
    ...documentsOf(997).map((document, i) => (i === 5 ? { ...document, text: "changed PII-x" } : document)),
    ...["x", "y", "z"].map((id) => ({ id, text: `new ${id}` })),
  ];
  subject.embedder.texts.length = 0;
  return { ...subject, source, plan: await subject.index.plan(source, { mode: "full" }) };
}

describe("plan", () => {
  it("says what a sync would do, why, and at what cost, and writes nothing", async () => {
    const { index, storage, embedder, source, plan } = await createPlanned();
    expect(plan).toMatchObject({ add: 3, change: 1, remove: 1, unchanged: 996, chunks: 4, tokens: 8 });
    expect(plan.costUsd).toBeCloseTo(0.00008);
    expect(plan.changes.map(({ id, action, reasons, chunks }) => [id, action, reasons, chunks])).toEqual([
      ["d5", "change", ["text"], 1],
      ["x", "add", ["new"], 1],
      ["y", "add", ["new"], 1],
      ["z", "add", ["new"], 1],
      ["d997", "remove", ["orphaned"], 0],
    ]);
    const before = await stateOf(storage);
    await index.plan(source, { mode: "full" });
    expect(await stateOf(storage)).toEqual(before);
    expect(embedder.texts).toEqual([]);
  });

  it("removes nothing in incremental mode", async () => {
    const { index, source } = await createPlanned();
    expect(await index.plan(source, { mode: "incremental" })).toMatchObject({ remove: 0, add: 3 });
  });

  it("holds no text, and no more than ids and digests of what is personal", async () => {
    const { plan } = await createPlanned();
    expect(JSON.stringify(plan)).not.toMatch(/changed P|\[pii\]|new x/);
  });

  it("names the reasons one by one, and embeds nothing for metadata", async () => {
    const { index, clock } = await createSubject({ chunker: paragraphs });
    const base = { id: "a", text: "one\n\ntwo", metadata: { x: { y: 1 } }, ttlMs: 5 };
    await index.upsert([base, { id: "gone", text: "three" }]);
    const plan = await index.plan([{ ...base, metadata: { x: { y: 2 } } }], { mode: "full" });
    expect(plan.changes).toMatchObject([
      { id: "a", reasons: ["metadata"], chunks: 0, tokens: 0 },
      { id: "gone", reasons: ["orphaned"] },
    ]);
    clock.setNow(clock.now() + 5);
    const later = await index.plan([], { mode: "full" });
    expect(later.changes.map(({ id, reasons }) => [id, reasons])).toEqual([
      ["a", ["orphaned", "expired"]],
      ["gone", ["orphaned"]],
    ]);
  });

  it("tells of what cannot be redacted or cut", async () => {
    const { open } = await createSubject();
    const index = await open({
      chunker: {
        specVersion: 1,
        id: "c",
        chunk: () => {
          throw new Error("no");
        },
      },
    });
    const plan = await index.plan([{ id: "a", text: "one" }], { mode: "full" });
    expect(plan).toMatchObject({ add: 0, unchanged: 0, failures: [{ id: "a", code: "CHUNKING_FAILED" }] });
    expect(formatPlan(plan)).toBe("0 to add, 0 to change, 0 to remove, 0 unchanged\n! a (CHUNKING_FAILED)");
  });

  it("counts what a rebuild for another embedder embeds, whether the source names it or not", async () => {
    const { index, open } = await createSubject({ embedding: { countTokens: () => 3 } });
    await index.upsert(documentsOf(10));
    const other = await open({ embedder: createLetters("other@1", 16) });
    const source = [...documentsOf(4), { id: "new", text: "new" }];
    const plan = await other.plan(source, { mode: "incremental" });
    expect(plan).toMatchObject({
      add: 1,
      change: 0,
      unchanged: 4,
      rebuild: { documents: 10, chunks: 10, tokens: 30 },
      chunks: 11,
      tokens: 33,
    });
    expect(formatPlan(plan)).toContain("10 to embed anew, by other@1, in a new generation");
    expect(await other.apply(plan, source)).toMatchObject({ rebuilt: 10, added: 1, embeddedChunks: 11 });
  });

  it("finds lost vectors when told to look, and apply puts them back", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documentsOf(3));
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete([(await recordsOf(storage)).get("docs@1")?.[0]?.id ?? ""]);
    expect(await index.plan(documentsOf(3), { mode: "full" })).toMatchObject({ change: 0 });
    const plan = await index.plan(documentsOf(3), { mode: "full", checkVectors: true });
    expect(plan).toMatchObject({ change: 1, chunks: 1, changes: [{ reasons: ["missing-vectors"] }] });
    expect(await index.apply(plan, documentsOf(3))).toMatchObject({ changed: 1 });
    expect(await faultsOf(storage)).toEqual([]);
  });
});

describe("apply", () => {
  it("does what a saved plan says, and the next plan has nothing left", async () => {
    const { index, plan, source, embedder, storage } = await createPlanned();
    const saved: Plan = JSON.parse(JSON.stringify(plan));
    expect(await index.apply(saved, source)).toMatchObject({
      added: 3,
      changed: 1,
      removed: 1,
      unchanged: 0,
      embeddedTokens: 8,
      costUsd: plan.costUsd,
    });
    expect(embedder.texts).toHaveLength(4);
    expect(await index.plan(source, { mode: "full" })).toMatchObject({
      add: 0,
      change: 0,
      remove: 0,
      unchanged: 1000,
    });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("reads only the texts that the plan is about", async () => {
    const { index, plan, source } = await createPlanned();
    const read: string[] = [];
    await index.apply(
      plan,
      source.map(({ id, text }) => ({
        id,
        text: () => {
          read.push(id);
          return String(text);
        },
      })),
    );
    expect(read).toEqual(["d5", "x", "y", "z"]);
  });

  it.each<[string, (index: Awaited<ReturnType<typeof createPlanned>>["index"]) => Promise<unknown>]>([
    ["a document to change was written", (index) => index.upsert([{ id: "d5", text: "by another" }])],
    ["a document to add was added", (index) => index.upsert([{ id: "x", text: "by another" }])],
    ["a document to remove was written", (index) => index.upsert([{ id: "d997", text: "by another" }])],
    ["a document to change was removed", (index) => index.remove(["d5"])],
    ["a snapshot was restored", async (index) => index.restore((await index.snapshot()).id)],
  ])("refuses before it writes anything when %s", async (_, change) => {
    const { index, storage, plan, source } = await createPlanned();
    await change(index);
    const before = await stateOf(storage);
    expect(await codeOf(index.apply(plan, source))).toBe("PLAN_OUTDATED");
    expect(await stateOf(storage)).toEqual(before);
  });

  it("does not mind what happens to other documents", async () => {
    const { index, plan, source } = await createPlanned();
    await index.upsert([
      { id: "d7", text: "by another" },
      { id: "other", text: "new" },
    ]);
    expect(await index.apply(plan, source)).toMatchObject({ added: 3 });
    expect(await index.get("other")).toBeDefined();
  });

  it("refuses a source that has another text, or a document no more, and removes nothing", async () => {
    const { index, plan, source } = await createPlanned();
    const other = source.map((document) => (document.id === "y" ? { ...document, text: "other" } : document));
    expect(await failureOf(index.apply(plan, other))).toMatchObject({
      code: "PLAN_OUTDATED",
      details: { index: "docs", documentId: "y" },
    });
    const less = source.filter(({ id }) => id !== "z");
    expect(await failureOf(index.apply(plan, less))).toMatchObject({
      code: "PLAN_OUTDATED",
      details: { documentId: "z" },
    });
    expect(await index.get("d997")).toBeDefined();
  });

  it("takes a change of PII alone for none", async () => {
    const { index, plan, source } = await createPlanned();
    const other = source.map((document) =>
      document.id === "d5" ? { ...document, text: "changed PII-other" } : document,
    );
    expect(await index.apply(plan, other)).toMatchObject({ changed: 1 });
  });

  it.each<[string, string, boolean]>([
    ["change", "d5", true],
    ["add", "x", true],
    ["remove", "d997", false],
  ])("leaves a document to %s as another has written it meanwhile", async (_, id, refusesTheRest) => {
    const { index, open, plan, source, storage } = await createPlanned();
    const other = await open();
    const reading = async function* () {
      await other.upsert([{ id, text: "by another" }]);
      yield* source;
    };
    expect(await failureOf(index.apply(plan, reading()))).toMatchObject({
      code: "PLAN_OUTDATED",
      message: `the plan is outdated, for ${id}: it was written since. Plan again`,
      details: { documentId: id },
    });
    expect(await index.get(id)).toMatchObject({ chunks: [{ text: "by another" }] });
    expect((await index.get("z")) === undefined).toBe(refusesTheRest);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("changes and removes what a rebuild has just written anew", async () => {
    const { open, source, storage } = await createPlanned();
    const other = await open({ embedder: createLetters("other@1", 16) });
    const plan = await other.plan(source, { mode: "full" });
    expect(plan).toMatchObject({ rebuild: { documents: 998 }, add: 3, change: 1, remove: 1 });
    expect(await other.apply(plan, source)).toMatchObject({ rebuilt: 998, added: 3, changed: 1, removed: 1 });
    expect(await other.plan(source, { mode: "full" })).toMatchObject({ add: 0, change: 0, remove: 0 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("puts lost vectors back beside what it changes for other reasons", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documentsOf(3));
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    const lost = (await recordsOf(storage)).get("docs@1")?.find(({ text }) => text === "text 2");
    await collection.delete([lost?.id ?? ""]);
    const source = documentsOf(3).map((each) => (each.id === "d0" ? { ...each, text: "other" } : each));
    const plan = await index.plan(source, { mode: "full", checkVectors: true });
    expect(plan.changes.map(({ reasons }) => reasons)).toEqual([["text"], ["missing-vectors"]]);
    expect(await index.apply(plan, source)).toMatchObject({ changed: 2 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("holds a plan that has nothing to do to its generation", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(3));
    const plan = await index.plan(documentsOf(3), { mode: "full" });
    expect(plan.changes).toEqual([]);
    expect(await index.apply(plan, documentsOf(3))).toMatchObject({ added: 0, changed: 0, removed: 0 });
    await index.rebuild();
    expect(await failureOf(index.apply(plan, documentsOf(3)))).toMatchObject({
      code: "PLAN_OUTDATED",
      message: "the plan is outdated: another generation is live. Plan again",
    });
  });

  it("refuses a source that has what is no document, also where it has nothing to do with the plan", async () => {
    const { index, plan, source, storage } = await createPlanned();
    const before = await stateOf(storage);
    for (const none of [null, undefined, "text"])
      expect(await codeOf(index.apply(plan, [...source, none as never]))).toBe("ARGUMENT_INVALID");
    expect(await stateOf(storage)).toEqual(before);
  });

  it("refuses another pipeline, another index and what is no plan", async () => {
    const { open, index, plan, source } = await createPlanned();
    for (const [part, options] of Object.entries({
      embedder: { embedder: createLetters("other@1") },
      chunker: { chunker: paragraphs },
      redactor: { redactor: { ...tinyRedactor, id: "tiny@2" } },
    }))
      expect(await failureOf((await open(options)).apply(plan, source))).toMatchObject({
        code: "PLAN_OUTDATED",
        message: `the plan is outdated: it was made for another ${part}. Plan again`,
      });
    expect(await codeOf((await open({ name: "another" })).apply(plan, source))).toBe("ARGUMENT_INVALID");
    const [change] = plan.changes;
    for (const none of [
      {},
      null,
      "plan",
      { ...plan, format: 2 },
      { ...plan, pipeline: undefined },
      { ...plan, pipeline: null },
      { ...plan, changes: [null] },
      { ...plan, changes: [{ ...change, id: 1 }] },
      { ...plan, changes: [{ ...change, action: "drop" }] },
      { ...plan, changes: [{ ...change, reasons: undefined }] },
    ])
      expect(await codeOf(index.apply(none as never, source))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.apply(plan, source, { maxDeleteRatio: 2 }))).toBe("ARGUMENT_INVALID");
  });

  it("refuses a plan of an index of the same name in another storage, before it writes anything", async () => {
    const [staging, production] = [await createSubject(), await createSubject()];
    for (const [{ index }, text] of [
      [staging, "staged"],
      [production, "live"],
    ] as const)
      await index.upsert([{ id: "x", text }, ...documentsOf(2)]);
    const plan = await staging.index.plan(documentsOf(2), { mode: "full" });
    const before = await stateOf(production.storage);
    expect(await codeOf(production.index.apply(plan, documentsOf(2)))).toBe("ARGUMENT_INVALID");
    expect(await stateOf(production.storage)).toEqual(before);
  });

  it("refuses to remove too much, before it writes anything, unless asked for", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documentsOf(10));
    const source = [{ id: "new", text: "new" }];
    const plan = await index.plan(source, { mode: "full" });
    const before = await stateOf(storage);
    expect(await codeOf(index.apply(plan, source))).toBe("DELETIONS_REFUSED");
    expect(await stateOf(storage)).toEqual(before);
    expect(await index.apply(plan, source, { maxDeleteRatio: 1 })).toMatchObject({ added: 1, removed: 10 });
  });
});

describe("the guard of apply", () => {
  it.each<[string, (plan: Plan) => Plan]>([
    ["that counts more documents than there are", (plan) => ({ ...plan, documents: 1_000_000 })],
    [
      "that takes what it removes for expired",
      (plan) => ({
        ...plan,
        changes: plan.changes.map((change) =>
          change.action === "remove" ? { ...change, reasons: ["orphaned", "expired"] } : change,
        ),
      }),
    ],
  ])("cannot be lifted by a plan %s", async (_, edit) => {
    const { index, storage } = await createSubject();
    await index.upsert(documentsOf(10));
    const plan = edit(await index.plan([], { mode: "full" }));
    const before = await stateOf(storage);
    expect(await failureOf(index.apply(plan, []))).toMatchObject({
      code: "DELETIONS_REFUSED",
      details: { index: "docs", deletions: 10, documents: 10, maxDeleteRatio: 0.5 },
    });
    expect(await stateOf(storage)).toEqual(before);
  });

  it("counts what has come or gone since the plan was made", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    const plan = await index.plan(documentsOf(6), { mode: "full" });
    await index.remove(["d0", "d1", "d2"]);
    expect(await failureOf(index.apply(plan, documentsOf(6)))).toMatchObject({
      code: "DELETIONS_REFUSED",
      details: { deletions: 4, documents: 7 },
    });
    await index.upsert([{ id: "more", text: "more" }]);
    expect(await index.apply(plan, documentsOf(6))).toMatchObject({ removed: 4 });
  });

  it("takes what has expired since for no loss", async () => {
    const { index, clock, storage } = await createSubject();
    await index.upsert(documentsOf(10).map((each, i) => (i < 8 ? { ...each, ttlMs: 5 } : each)));
    const plan = await index.plan(documentsOf(10).slice(8), { mode: "full" });
    expect(await codeOf(index.apply(plan, []))).toBe("DELETIONS_REFUSED");
    clock.setNow(clock.now() + 5);
    expect(await index.apply(plan, [])).toMatchObject({ removed: 8 });
    expect(await faultsOf(storage)).toEqual([]);
  });
});

describe("a plan that was edited, or a source that is none", () => {
  it("is refused when it names a document twice", async () => {
    const { index, storage, plan, source } = await createPlanned();
    const [change] = plan.changes;
    const twice = { ...plan, changes: [...plan.changes, { ...change, action: "remove" }] } as Plan;
    const before = await stateOf(storage);
    expect(await codeOf(index.apply(twice, source))).toBe("ARGUMENT_INVALID");
    expect(await stateOf(storage)).toEqual(before);
  });

  it("is refused when it says of a rebuild what does not hold", async () => {
    const { index, open, storage, plan, source } = await createPlanned();
    const pretended = { ...plan, rebuild: { documents: 0, chunks: 0, tokens: 0 } };
    const other = createLetters("other@1", 16);
    const without = await open({ embedder: other });
    const { rebuild: _, ...denied } = await without.plan(source, { mode: "full" });
    const before = await stateOf(storage);
    expect(await codeOf(index.apply(pretended, source))).toBe("PLAN_OUTDATED");
    expect(await codeOf(without.apply(denied, source))).toBe("PLAN_OUTDATED");
    expect(await stateOf(storage)).toEqual(before);
  });

  it.each([null, undefined, 5, {}, "d5"])("is refused when the source is %j", async (none) => {
    const { index, plan } = await createPlanned();
    expect(await codeOf(index.apply(plan, none as never))).toBe("ARGUMENT_INVALID");
  });

  it("has a list checked whole before anything is written", async () => {
    const { index, storage } = await createSubject();
    const plan = await index.plan(documentsOf(600), { mode: "full" });
    const before = await stateOf(storage);
    expect(await codeOf(index.apply(plan, [...documentsOf(600), { id: "d7", text: "again" }]))).toBe(
      "ID_DUPLICATE",
    );
    expect(await stateOf(storage)).toEqual(before);
  });

  it("tells the source to end that never answers, once it is aborted", async () => {
    const { index, plan } = await createPlanned();
    const controller = new AbortController();
    const reason = new Error("stop");
    let told = 0;
    const source: AsyncIterable<SourceDocument> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          queueMicrotask(() => controller.abort(reason));
          return new Promise(() => {});
        },
        return: async () => {
          told++;
          return { done: true, value: undefined };
        },
      }),
    };
    expect(await failureOf(index.apply(plan, source, { signal: controller.signal }))).toBe(reason);
    expect(told).toBe(1);
  });
});

describe("formatPlan", () => {
  it("prints the numbers, the cost, and a line a document", async () => {
    const { plan } = await createPlanned();
    expect(formatPlan(plan)).toBe(
      [
        "3 to add, 1 to change, 1 to remove, 996 unchanged",
        "4 chunks to embed, about 8 tokens, 0.00008 USD",
        "~ d5 (text)",
        "+ x (new)",
        "+ y (new)",
        "+ z (new)",
        "- d997 (orphaned)",
      ].join("\n"),
    );
    const hostile = [{ ...plan.changes[0], id: "a\n- all (orphaned)\u001b[2J\u202e" }] as Plan["changes"];
    const failures = [{ id: "b\r", code: "CHUNKING_FAILED" }];
    expect(
      formatPlan({ ...plan, changes: hostile, failures })
        .split("\n")
        .slice(2),
    ).toEqual(["~ a␊- all (orphaned)␛[2J\ufffd (text)", "! b␍ (CHUNKING_FAILED)"]);
    expect(formatPlan(plan, { maxDocuments: 2 })).toContain("+ x (new)\n… and 3 more");
    expect(formatPlan(plan, { maxDocuments: 0 }).split("\n")).toHaveLength(2);
    expect(formatPlan({ ...plan, costUsd: 12.345 })).toContain("12.35 USD");
    expect(formatPlan({ ...plan, costUsd: 0 })).toContain("0.00 USD");
    expect(formatPlan({ ...plan, chunks: 1, tokens: 1 })).toContain("\n1 chunk to embed, about 1 token, ");
  });
});
