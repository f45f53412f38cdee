import assert from "node:assert/strict";
import type { Embedder } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { outcomeOf } from "../conformance/outcome.ts";
import { freeze } from "../fixtures/freeze.ts";
import { awkwardStrings } from "../fixtures/strings.ts";
import { prose } from "../fixtures/texts.ts";
import { closeness } from "../fixtures/vectors.ts";

// Services answer the same text with vectors that differ in the last digits. Other texts differ by far more.
const SAME = 0.999;

/**
 * What every embedder must satisfy.
 *
 * @example
 * ```ts
 * import type { Embedder } from "@keelson/core";
 * import { embedderCases, runConformance } from "@keelson/testkit";
 *
 * const lengths = {
 *   specVersion: 1,
 *   id: "lengths@1",
 *   dimension: 2,
 *   embed: (texts) => texts.map((text) => Float32Array.of(text.length, text.split(" ").length)),
 * } satisfies Embedder;
 *
 * const report = await runConformance(embedderCases, { create: () => lengths });
 * console.log(report.failed); // []
 * ```
 */
export const embedderCases: readonly ConformanceCase<Embedder>[] = [
  {
    id: "embedder/embed/declares",
    title: "declares specVersion 1, an id, a dimension and a batch size that make sense and do not change",
    async run(embedder) {
      assert.equal(embedder.specVersion, 1);
      const { id, dimension, maxBatchSize } = embedder;
      assert.ok(typeof id === "string" && id !== "", "the id is empty");
      assert.ok(Number.isSafeInteger(dimension) && dimension >= 1, `${dimension} is no dimension`);
      assert.ok(maxBatchSize === undefined || (Number.isSafeInteger(maxBatchSize) && maxBatchSize >= 1));
      await embedder.embed(["text"]);
      assert.deepStrictEqual(
        [embedder.id, embedder.dimension, embedder.maxBatchSize],
        [id, dimension, maxBatchSize],
      );
    },
  },
  {
    id: "embedder/embed/works",
    title: "gives one vector a text, in the order given, of the declared dimension and finite numbers",
    async run(embedder) {
      const alone: Float32Array[] = [];
      for (const text of prose) alone.push(...(await embed(embedder, [text])));
      const together = await embedAll(embedder, prose);
      const reversed = await embedAll(embedder, [...prose].reverse());
      for (const [i, vector] of alone.entries()) {
        assertSame(together[i], vector, "a text has another vector in a batch than alone");
        assertSame(reversed[prose.length - 1 - i], vector, "vectors are not in the order of their texts");
      }
    },
  },
  {
    id: "embedder/embed/works/tells-apart",
    title: "gives different texts different vectors",
    async run(embedder) {
      const [a, b] = await embedAll(embedder, [prose[0] as string, `${prose[6]} ${prose[7]}`]);
      assert.notDeepStrictEqual(a, b);
    },
  },
  {
    id: "embedder/embed/works/awkward-texts",
    title:
      "embeds texts of every kind of Unicode, very short and very long ones, or rejects: never a wrong answer",
    async run(embedder) {
      for (const text of awkwardStrings.map((awkward) => `before ${awkward} after`))
        await embed(embedder, [text]);
      for (const text of ["x", "word ".repeat(50_000), "😀".repeat(20_000), "nospaces".repeat(5000)]) {
        const outcome = await outcomeOf(() => embed(embedder, [text]));
        // What a model cannot take whole it may refuse, with an error of its own.
        if (outcome.status === "rejected")
          assert.ok(!(outcome.reason instanceof assert.AssertionError), outcome.reason as Error);
      }
    },
  },
  {
    id: "embedder/embed/works/batches",
    title: "takes batches of one, of two and of the largest size it declares",
    async run(embedder) {
      for (const size of [1, 2, Math.min(embedder.maxBatchSize ?? 64, 256)]) {
        await embed(
          embedder,
          Array.from({ length: size }, (_, i) => `plank number ${i}`),
        );
      }
    },
  },
  {
    id: "embedder/embed/limits",
    title: "embeds all of a batch beyond its declared size, or rejects: never a part of it",
    when: ({ maxBatchSize }) => maxBatchSize !== undefined && maxBatchSize <= 10_000,
    async run(embedder) {
      const texts = Array.from({ length: (embedder.maxBatchSize ?? 0) + 1 }, (_, i) => `plank number ${i}`);
      const outcome = await outcomeOf(() => embedder.embed(texts));
      if (outcome.status === "answered") assertVectors(embedder, texts, outcome.value);
    },
  },
  {
    id: "embedder/embed/empty-input",
    title: "answers an empty list of texts with an empty list",
    async run(embedder) {
      assert.deepStrictEqual(await embedder.embed([]), []);
    },
  },
  {
    id: "embedder/embed/duplicate",
    title:
      "gives the same text the same vector, twice in one batch and in another call, each in a buffer of its own",
    async run(embedder) {
      const [text, other] = [prose[0] as string, prose[1] as string];
      const vectors = await embedAll(embedder, [text, other, text]);
      const again = await embedAll(embedder, [text]);
      const [first, , third] = vectors;
      assertSame(third, first, "one text has two vectors in one batch");
      assertSame(again[0], first, "one text has two vectors in two calls");
      assert.equal(
        new Set([...vectors, ...again].map(({ buffer }) => buffer)).size,
        4,
        "vectors share a buffer",
      );
    },
  },
  {
    id: "embedder/embed/copies",
    title: "leaves its input as it was, and is not changed through what it returned",
    async run(embedder) {
      const texts = freeze([prose[0] as string]);
      const [before] = await embed(embedder, texts);
      const kept = before?.slice();
      before?.fill(7);
      const [after] = await embed(embedder, texts);
      assertSame(after, kept, "changing a vector changed the next one");
    },
  },
  {
    id: "embedder/embed/concurrent",
    title: "answers many calls at once, each with the vectors of its own texts",
    async run(embedder) {
      const alone: Float32Array[] = [];
      for (const text of prose) alone.push(...(await embed(embedder, [text])));
      const answers = await Promise.all([...prose, ...prose].map((text) => embed(embedder, [text])));
      for (const [i, [vector]] of answers.entries())
        assertSame(vector, alone[i % prose.length], "calls at once were mixed up");
    },
  },
  {
    id: "embedder/embedQuery/works",
    title:
      "embeds a query as a vector of the documents' space: none is closer to it than that of its own text",
    when: hasQueries,
    async run(embedder) {
      const documents = await embedAll(embedder, prose);
      for (const [i, text] of prose.entries()) {
        const query = await embedQuery(embedder, text);
        const own = closeness("cosine", documents[i] as Float32Array, query);
        const best = Math.max(...documents.map((vector) => closeness("cosine", vector, query)));
        assert.ok(own >= best - (1 - SAME), "a query is closer to another document than to its own text");
      }
    },
  },
  {
    id: "embedder/embedQuery/empty-input",
    title: "embeds an empty query as one vector, or rejects: never a wrong answer",
    when: hasQueries,
    async run(embedder) {
      const outcome = await outcomeOf(() => embedQuery(embedder, ""));
      if (outcome.status === "rejected")
        assert.ok(!(outcome.reason instanceof assert.AssertionError), outcome.reason as Error);
    },
  },
  {
    id: "embedder/embedQuery/duplicate",
    title: "gives the same query the same vector, each time in a buffer of its own",
    when: hasQueries,
    async run(embedder) {
      const text = prose[0] as string;
      const first = await embedQuery(embedder, text);
      const again = await embedQuery(embedder, text);
      assertSame(again, first, "one query has two vectors");
      assert.notEqual(again.buffer, first.buffer, "vectors share a buffer");
    },
  },
  {
    id: "embedder/embedQuery/concurrent",
    title: "answers many queries at once, each with the vector of its own text",
    when: hasQueries,
    async run(embedder) {
      const alone: Float32Array[] = [];
      for (const text of prose) alone.push(await embedQuery(embedder, text));
      const answers = await Promise.all(prose.map((text) => embedQuery(embedder, text)));
      for (const [i, vector] of answers.entries())
        assertSame(vector, alone[i], "queries at once were mixed up");
    },
  },
  ...abortCases<Embedder, unknown>("embedder", probes()),
];

/** Aborting an embedder that users call themselves. */
export const strictEmbedderCases: readonly ConformanceCase<Embedder>[] = strictAbortCases(
  "embedder",
  probes(),
);

function probes(): readonly AbortProbe<Embedder>[] {
  const texts = ["one text", "another text"];
  return [
    {
      method: "embed",
      call: (embedder, signal) => embedder.embed(texts, { signal }),
      answer: (vectors) => assert.equal((vectors as Float32Array[]).length, texts.length),
    },
    {
      method: "embedQuery",
      when: hasQueries,
      call: (embedder, signal) => embedder.embedQuery?.("a text", { signal }),
      answer: (vector) => assert.ok(vector instanceof Float32Array, "a vector is no Float32Array"),
    },
  ];
}

function hasQueries(embedder: Embedder): boolean {
  return embedder.embedQuery !== undefined;
}

async function embedQuery(embedder: Embedder, text: string): Promise<Float32Array> {
  const vector = (await embedder.embedQuery?.(text)) as Float32Array;
  assertVectors(embedder, [text], [vector]);
  return vector;
}

async function embed(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const vectors = await embedder.embed(texts);
  assertVectors(embedder, texts, vectors);
  return vectors;
}

/** Embeds in batches that the embedder takes, as the SDK does. */
async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const size = embedder.maxBatchSize ?? texts.length;
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += size)
    vectors.push(...(await embed(embedder, texts.slice(start, start + size))));
  return vectors;
}

function assertVectors(embedder: Embedder, texts: readonly string[], vectors: readonly Float32Array[]): void {
  assert.equal(vectors.length, texts.length, "the number of vectors is not that of the texts");
  for (const vector of vectors) {
    assert.ok(vector instanceof Float32Array, "a vector is no Float32Array");
    assert.equal(vector.length, embedder.dimension, "a vector has not the declared dimension");
    assert.ok(
      vector.every((x) => Number.isFinite(x)),
      "a vector is not finite",
    );
  }
}

function assertSame(
  actual: Float32Array | undefined,
  expected: Float32Array | undefined,
  message: string,
): void {
  assert.ok(actual && expected, message);
  const bothZero = actual.every((x) => x === 0) && expected.every((x) => x === 0);
  assert.ok(bothZero || closeness("cosine", actual, expected) > SAME, message);
}
