import type { Embedder } from "@keelson/core";
import { createScriptedEmbedder, type EmbedderStep } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { IndexProgress, SourceDocument } from "../src/index.ts";
import {
  codeOf,
  createGate,
  createLetters,
  createSubject,
  failureOf,
  faultsOf,
  paragraphs,
  recordsOf,
} from "./support.ts";

const documentsOf = (count: number): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}` }));

/** Rejects every call that holds a bad text, and takes all others. */
function createChoosy(isBad: (text: string) => boolean) {
  const letters = createLetters();
  const calls: number[] = [];
  const embedder: Embedder = {
    ...letters,
    embed: async (texts) => {
      calls.push(texts.length);
      if (texts.some(isBad)) throw new Error("a text is too long");
      return await letters.embed(texts);
    },
  };
  return { embedder, calls, letters };
}

describe("embedding", () => {
  it("isolates one bad text, names its document, and stores the rest", async () => {
    const { embedder, calls } = createChoosy((text) => text === "text 77");
    const { index, storage } = await createSubject({ embedder });
    const events: IndexProgress[] = [];
    const result = await index.reindex(documentsOf(300), { onProgress: (event) => events.push(event) });
    expect(result).toMatchObject({ added: 299, failed: 1, embeddedChunks: 299 });
    expect(result.failures.map(({ id, error }) => [id, error.code, error.details])).toEqual([
      [
        "d77",
        "EMBEDDING_FAILED",
        { embedder: "letters@1", texts: 1, reason: "it rejected", documentId: "d77" },
      ],
    ]);
    expect(
      events.flatMap(({ documents = [] }) => documents).filter(({ outcome }) => outcome === "failed"),
    ).toEqual([{ id: "d77", outcome: "failed", reasons: [] }]);
    // By halves: 256, then 2 * log2(256) calls, and the rest.
    expect(calls.length).toBeLessThan(20);
    expect(await index.get("d77")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves a document that cannot be embedded as it was, whole", async () => {
    const { embedder } = createChoosy((text) => text.includes("bad"));
    const { index, storage } = await createSubject({ embedder, chunker: paragraphs });
    await index.upsert([{ id: "a", text: "one\n\ntwo" }]);
    const result = await index.upsert([
      { id: "a", text: "three\n\nbad\n\nfour" },
      { id: "b", text: "five" },
    ]);
    expect(result).toMatchObject({ added: 1, changed: 0, failed: 1 });
    expect((await index.get("a"))?.chunks.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("reports a document that cannot be redacted or cut, and writes the others", async () => {
    const { index } = await createSubject({
      redactor: {
        specVersion: 1,
        id: "r",
        redact: (text) => {
          if (text === "bad") throw new Error(text);
          return { text, findings: [] };
        },
      },
      chunker: {
        specVersion: 1,
        id: "c",
        chunk: (text) => {
          if (text === "worse") throw new Error(text);
          return [{ text, start: text === "nowhere" ? Number.NaN : 0 }];
        },
      },
    });
    const result = await index.upsert([
      { id: "a", text: "bad" },
      { id: "b", text: "worse" },
      { id: "c", text: "good" },
      { id: "d", text: "nowhere" },
    ]);
    expect(result).toMatchObject({ added: 1, failed: 3 });
    expect(result.failures.map(({ id, error }) => [id, error.code])).toEqual([
      ["a", "REDACTION_FAILED"],
      ["b", "CHUNKING_FAILED"],
      ["d", "CHUNKING_FAILED"],
    ]);
  });

  it("rejects when nothing of what was to be written could be, after all else is done", async () => {
    const { embedder } = createChoosy((text) => text.includes("bad"));
    const { index } = await createSubject({ embedder });
    const good = documentsOf(300);
    await index.reindex(good);
    const failing = failureOf(index.sync([{ id: "x", text: "bad" }, ...good.slice(5)], { mode: "full" }));
    expect(await failing).toMatchObject({ code: "EMBEDDING_FAILED", details: { documentId: "x" } });
    expect((await index.status()).documents).toBe(295);
  });

  it("isolates bad texts that stand side by side at the start, and stores the rest", async () => {
    const { embedder } = createChoosy((text) => text.startsWith("bad"));
    const { index } = await createSubject({ embedder });
    const bad = Array.from({ length: 20 }, (_, i) => ({ id: `bad${i}`, text: `bad ${i}` }));
    expect(await index.upsert([...bad, ...documentsOf(50)])).toMatchObject({ added: 50, failed: 20 });
    expect((await index.query("text 49", { topK: 1 }))[0]?.id).toBe("d49");
  });

  it("takes the vectors that are good, however many before them are not", async () => {
    const letters = createLetters();
    const embedder: Embedder = {
      ...letters,
      embed: async (texts) =>
        (await letters.embed(texts)).map((vector, i) => (i < 5 ? vector.fill(Number.NaN) : vector)),
    };
    const { index } = await createSubject({ embedder });
    expect(await index.upsert(documentsOf(9))).toMatchObject({ added: 4, failed: 5, embeddedChunks: 4 });
  });

  it("gives up soon on an embedder that takes nothing", async () => {
    const { embedder, calls } = createChoosy(() => true);
    const { index } = await createSubject({ embedder });
    expect(await codeOf(index.reindex(documentsOf(1000)))).toBe("EMBEDDING_FAILED");
    expect(calls.length).toBeLessThan(15);
  });

  it("keeps at most 100 failures, and counts them all", async () => {
    const { embedder } = createChoosy((text) => !text.startsWith("text 0"));
    const { index } = await createSubject({ embedder });
    const result = await index.upsert([{ id: "first", text: "text 0" }, ...documentsOf(200).slice(1)]);
    expect(result.failed).toBe(199);
    expect(result.failures).toHaveLength(100);
  });

  it.each<[string, EmbedderStep[]]>([
    ["NaN", ["nan"]],
    ["another dimension", ["dimension"]],
  ])("takes %s for the one text's fault that has it", async (_, script) => {
    const embedder = createScriptedEmbedder({ script });
    const { index, storage } = await createSubject({ embedder });
    expect(await index.upsert(documentsOf(10))).toMatchObject({ added: 9, failed: 1 });
    expect(embedder.calls).toHaveLength(1);
    expect(await index.upsert(documentsOf(10))).toMatchObject({ added: 1, unchanged: 9 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("asks again by halves when vectors are missing, so that none is shifted", async () => {
    const embedder = createScriptedEmbedder({ script: ["count"] });
    const { index } = await createSubject({ embedder });
    expect(await index.upsert(documentsOf(10))).toMatchObject({ added: 10, failed: 0 });
    for (const { id, text } of documentsOf(10))
      expect((await index.query(String(text), { topK: 1 }))[0]?.id).toBe(id);
  });

  it("does not shift vectors for blank texts", async () => {
    const { index, embedder } = await createSubject({ chunker: paragraphs });
    await index.upsert([
      { id: "blank", text: "  " },
      { id: "a", text: "aaaa\n\n \t\n\nbbbb" },
      { id: "empty", text: "" },
      { id: "b", text: "cccc" },
    ]);
    expect(embedder.texts).toEqual(["aaaa", "bbbb", "cccc"]);
    for (const text of ["aaaa", "bbbb", "cccc"])
      expect((await index.query(text, { topK: 1 }))[0]?.text).toBe(text);
    expect((await index.get("blank"))?.chunks).toEqual([]);
  });

  it("waits as long as Retry-After says, keeps the batch together, and goes on", async () => {
    const script: EmbedderStep[] = [
      "ok",
      { status: 429, retryAfterMs: 7000 },
      { status: 429, retryAfterMs: 1000 },
    ];
    const embedder = createScriptedEmbedder({ script, maxBatchSize: 10 });
    const { index, clock } = await createSubject({ embedder, embedding: { concurrency: 1 } });
    const writing = index.upsert(documentsOf(30));
    await clock.advance(6999);
    expect(embedder.calls).toHaveLength(2);
    await clock.advance(1);
    expect(embedder.calls).toHaveLength(3);
    await clock.advance(1000);
    expect(await writing).toMatchObject({ added: 30, embeddedChunks: 30 });
    expect(embedder.calls.map((texts) => texts.length)).toEqual([10, 10, 10, 10, 10]);
  });

  it("doubles the wait where nothing is said, and gives up after maxAttempts with what was said", async () => {
    const script = Array.from({ length: 20 }, () => ({ status: 503 }));
    const embedder = createScriptedEmbedder({ script });
    const { index, clock } = await createSubject({ embedder, embedding: { maxAttempts: 4 } });
    const failing = failureOf(index.upsert(documentsOf(3)));
    const seen: number[] = [];
    for (const ms of [0, 499, 1, 1000, 2000]) {
      await clock.advance(ms);
      seen.push(embedder.calls.length);
    }
    expect(seen).toEqual([1, 1, 2, 3, 4]);
    expect(await failing).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true });
  });

  it.each<[string, number | undefined, number]>([
    ["five minutes, where nothing else is said", undefined, 300_000],
    ["maxRetryAfterMs", 2000, 2000],
    ["no time at all, where that is 0", 0, 0],
  ])(
    "waits for %s at the longest, and says at once how long it is otherwise",
    async (_, maxRetryAfterMs, most) => {
      const script: EmbedderStep[] = [
        { status: 429, retryAfterMs: most },
        { status: 429, retryAfterMs: most + 1 },
      ];
      const embedder = createScriptedEmbedder({ script });
      const { index, clock, storage } = await createSubject({ embedder, embedding: { maxRetryAfterMs } });
      const failing = failureOf(index.sync(documentsOf(3), { mode: "full" }));
      await clock.advance(most === 0 ? 500 : most);
      expect(await failing).toMatchObject({
        code: "EMBEDDING_FAILED",
        retryable: true,
        retryAfterMs: most + 1,
        details: { texts: 3, reason: expect.stringContaining(`a wait of ${most + 1} ms`) },
      });
      expect(embedder.calls).toHaveLength(2);
      expect(await faultsOf(storage)).toEqual([]);
      // Nothing is held back: the next sync asks at once, and nothing is left of the first.
      expect(await index.sync(documentsOf(3), { mode: "full" })).toMatchObject({ added: 3 });
    },
  );

  it("writes what was embedded before a wait that is too long", async () => {
    const script: EmbedderStep[] = ["ok", { status: 429, retryAfterMs: 7_200_000 }];
    const embedder = createScriptedEmbedder({ script });
    const { index, storage } = await createSubject({ embedder });
    expect(await codeOf(index.sync(documentsOf(600), { mode: "full" }))).toBe("EMBEDDING_FAILED");
    expect((await index.status()).documents).toBe(64);
    expect(await faultsOf(storage)).toEqual([]);
    expect(await index.sync(documentsOf(600), { mode: "full" })).toMatchObject({ added: 536, unchanged: 64 });
  });

  it("waits a day where it is told that it may", async () => {
    const script: EmbedderStep[] = [{ status: 429, retryAfterMs: 86_400_000 }];
    const embedder = createScriptedEmbedder({ script });
    const embedding = { maxRetryAfterMs: Number.POSITIVE_INFINITY };
    const { index, clock } = await createSubject({ embedder, embedding });
    const writing = index.upsert(documentsOf(3));
    await clock.advance(86_400_000);
    expect(await writing).toMatchObject({ added: 3 });
  });

  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY])(
    "doubles the wait, too, where the time that is said is %s",
    async (retryAfterMs) => {
      const letters = createLetters();
      let calls = 0;
      const embed: Embedder["embed"] = (texts) => {
        if (++calls > 2) return letters.embed(texts);
        throw Object.assign(new Error("slow down"), { retryable: true, retryAfterMs });
      };
      const { index, clock } = await createSubject({ embedder: { ...letters, embed } });
      const writing = index.upsert(documentsOf(3));
      const seen: number[] = [];
      for (const ms of [0, 499, 1, 999, 1]) {
        await clock.advance(ms);
        seen.push(calls);
      }
      expect(seen).toEqual([1, 1, 2, 2, 3]);
      expect(await writing).toMatchObject({ added: 3 });
    },
  );

  it("holds all calls back while one is told to wait", async () => {
    const script: EmbedderStep[] = [{ status: 429, retryAfterMs: 5000 }];
    const embedder = createScriptedEmbedder({ script, maxBatchSize: 1 });
    const { index, clock } = await createSubject({ embedder, embedding: { concurrency: 2 } });
    const writing = index.upsert(documentsOf(6));
    await clock.advance(4999);
    // The two that were under way, and none since.
    expect(embedder.calls.length).toBeLessThanOrEqual(3);
    await clock.advance(1);
    expect((await writing).added).toBe(6);
  });

  it("wastes little time in a storm of 429: three calls a minute, as fast as that goes", async () => {
    const { clock, ...subject } = await createSubject();
    const letters = createLetters();
    const calls: number[] = [];
    const embedder: Embedder = {
      ...letters,
      maxBatchSize: 1,
      embed: async (texts) => {
        const nowMs = clock.monotonic();
        const recent = calls.filter((atMs) => atMs > nowMs - 60_000);
        if (recent.length >= 3) {
          const retryAfterMs = (recent[0] ?? 0) + 60_000 - nowMs;
          throw Object.assign(new Error("slow down"), { retryable: true, retryAfterMs });
        }
        calls.push(nowMs);
        return await letters.embed(texts);
      },
    };
    const index = await subject.open({ embedder, clock });
    const start = clock.monotonic();
    let endedAt = 0;
    const writing = index.upsert(documentsOf(12)).then((result) => {
      endedAt = clock.monotonic();
      return result;
    });
    await clock.advance(1_000_000);
    expect((await writing).added).toBe(12);
    // Twelve calls at three a minute are three full minutes.
    expect(endedAt - start).toBeLessThanOrEqual(180_000 * 1.2);
  });

  it.each([
    ["textsPerMinute", 10],
    ["tokensPerMinute", 20],
  ])("keeps within %s in any minute", async (limit, most) => {
    const { clock, open } = await createSubject();
    const letters = createLetters();
    const calls: { atMs: number; texts: number }[] = [];
    const embedder: Embedder = {
      ...letters,
      maxBatchSize: 5,
      embed: (texts) => {
        calls.push({ atMs: clock.monotonic(), texts: texts.length });
        return letters.embed(texts);
      },
    };
    const index = await open({ embedder, embedding: { [limit]: most, countTokens: () => 2 } });
    const writing = index.upsert(documentsOf(50));
    await clock.advance(300_000);
    expect((await writing).added).toBe(50);
    for (const { atMs } of calls) {
      const window = calls.filter((call) => call.atMs > atMs - 60_000 && call.atMs <= atMs);
      expect(window.reduce((sum, { texts }) => sum + texts, 0)).toBeLessThanOrEqual(10);
    }
    expect(calls.at(-1)?.atMs).toBe(240_000);
  });

  it.each([
    ["textsPerMinute", 10],
    ["tokensPerMinute", 21],
  ])("makes no call larger than %s", async (limit, most) => {
    const { clock, open } = await createSubject();
    const letters = createLetters();
    const calls: number[] = [];
    const embedder: Embedder = {
      ...letters,
      embed: (texts) => {
        calls.push(texts.length);
        return letters.embed(texts);
      },
    };
    const index = await open({ embedder, embedding: { [limit]: most, countTokens: () => 2 } });
    const writing = index.upsert(documentsOf(25));
    await clock.advance(120_000);
    expect((await writing).added).toBe(25);
    expect(calls).toEqual([10, 10, 5]);
  });

  it("embeds a text of more tokens than a minute may see by itself", async () => {
    const { clock, open } = await createSubject();
    const index = await open({ embedding: { tokensPerMinute: 1, countTokens: () => 2 } });
    const writing = index.upsert(documentsOf(3));
    await clock.advance(120_000);
    expect((await writing).added).toBe(3);
  });

  it.each([
    { maxBatchSize: 0 },
    { maxBatchSize: -1 },
    { maxBatchSize: Number.NaN },
    { dimension: 0 },
    { dimension: 1.5 },
    { id: "" },
  ])("refuses an embedder of %j", async (fault) => {
    const { open, index } = await createSubject();
    const embedder = { ...createLetters(), ...fault };
    expect(await codeOf(open({ embedder }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(open({ embedders: [embedder] }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.rebuild({ embedder }))).toBe("ARGUMENT_INVALID");
  });

  it("lets a waiting call be aborted", async () => {
    const { index } = await createSubject({ embedding: { textsPerMinute: 1 } });
    await index.upsert(documentsOf(1));
    const controller = new AbortController();
    const reason = new Error("stop");
    const waiting = failureOf(index.upsert([{ id: "x", text: "x" }], { signal: controller.signal }));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
  });

  it("keeps so many calls under way at once, and no more", async () => {
    const letters = createLetters();
    const gate = createGate();
    let [under, most] = [0, 0];
    const embedder: Embedder = {
      ...letters,
      maxBatchSize: 4,
      embed: async (texts) => {
        most = Math.max(most, ++under);
        if (under === 3) gate.open();
        await gate.opened;
        under--;
        return await letters.embed(texts);
      },
    };
    const { index } = await createSubject({ embedder, embedding: { concurrency: 3 } });
    await index.upsert(documentsOf(100));
    expect(most).toBe(3);
  });

  it("stops the other calls when one fails for good, and stores nothing of the batch", async () => {
    const script: EmbedderStep[] = ["hang", { status: 500 }];
    const embedder = createScriptedEmbedder({ script, maxBatchSize: 2 });
    const { index, storage } = await createSubject({
      embedder,
      embedding: { maxAttempts: 1, concurrency: 2 },
    });
    expect(await codeOf(index.upsert(documentsOf(20)))).toBe("EMBEDDING_FAILED");
    expect(embedder.calls.length).toBeLessThanOrEqual(3);
    expect([...(await recordsOf(storage)).values()].flat()).toEqual([]);
  });

  it("embeds queries by the embedder's own way for queries", async () => {
    const letters = createLetters();
    const asked: string[] = [];
    const embedder: Embedder = {
      ...letters,
      embedQuery: async (text) => {
        asked.push(text);
        return (await letters.embed([text]))[0] as Float32Array;
      },
    };
    const { index } = await createSubject({ embedder });
    await index.upsert([{ id: "a", text: "one" }]);
    expect(await index.query("one PII-x")).toHaveLength(1);
    expect(asked).toEqual(["one [pii]"]);
    expect(letters.texts).toEqual(["one", "one [pii]"]);
  });

  it.each<[string, NonNullable<Embedder["embedQuery"]>]>([
    ["another dimension", () => new Float32Array(3)],
    ["NaN", () => new Float32Array(32).fill(Number.NaN)],
    ["a rejection", (text) => Promise.reject(new Error(text))],
  ])("refuses a query's vector of %s, and tries once", async (_, embedQuery) => {
    const { index } = await createSubject({ embedder: { ...createLetters(), embedQuery } });
    expect(await codeOf(index.query("one"))).toBe("EMBEDDING_FAILED");
  });

  it("counts tokens, and what they cost", async () => {
    const { open, index } = await createSubject();
    const priced = await open({
      embedding: { countTokens: (text) => text.split(" ").length, pricePerMillionTokens: 20 },
    });
    expect(await priced.upsert(documentsOf(5))).toMatchObject({ embeddedTokens: 10, costUsd: 0.0002 });
    expect(await index.upsert([{ id: "x", text: "12345" }])).toMatchObject({ embeddedTokens: 2 });
    expect(await index.upsert([{ id: "y", text: "12345" }])).not.toHaveProperty("costUsd");
  });

  it.each([
    { concurrency: 0 },
    { batchSize: 1.5 },
    { maxAttempts: 0 },
    { textsPerMinute: 0 },
    { tokensPerMinute: Number.NaN },
    { pricePerMillionTokens: -1 },
    { pricePerMillionTokens: Number.POSITIVE_INFINITY },
    { maxRetryAfterMs: -1 },
    { maxRetryAfterMs: Number.NaN },
  ])("refuses the settings %o", async (embedding) => {
    const { open } = await createSubject();
    expect(await codeOf(open({ embedding }))).toBe("ARGUMENT_INVALID");
  });
});
