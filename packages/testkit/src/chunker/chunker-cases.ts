import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Chunk, Chunker } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { awkwardTexts, prose } from "../fixtures/texts.ts";

/**
 * What every chunker must satisfy.
 *
 * @example
 * ```ts
 * import type { Chunker } from "@keelson/core";
 * import { chunkerCases, runConformance } from "@keelson/testkit";
 *
 * const paragraphs = {
 *   specVersion: 1,
 *   id: "paragraphs@1",
 *   chunk: (text) => text.split(/\n\n+/).filter(Boolean).map((paragraph) => ({ text: paragraph })),
 * } satisfies Chunker;
 *
 * const report = await runConformance(chunkerCases, { create: () => paragraphs });
 * console.log(report.failed); // []
 * ```
 */
export const chunkerCases: readonly ConformanceCase<Chunker>[] = [
  {
    id: "chunker/chunk/declares",
    title: "declares specVersion 1 and an id that does not change",
    async run(chunker) {
      assert.equal(chunker.specVersion, 1);
      const { id } = chunker;
      assert.ok(typeof id === "string" && id !== "", "the id is empty");
      await chunker.chunk("some text");
      assert.equal(chunker.id, id);
    },
  },
  {
    id: "chunker/chunk/works",
    title: "leaves no word out: each stands in some chunk",
    async run(chunker) {
      for (const text of [...prose, prose.join("\n\n"), prose.join(" ").repeat(20)]) {
        const chunks = await chunker.chunk(text);
        const words = new Set(chunks.flatMap((chunk) => wordsOf(chunk.text)));
        const together = chunks.map((chunk) => chunk.text).join("");
        // A word may be cut in two where there is no better place.
        const missing = wordsOf(text).filter((word) => !words.has(word) && !together.includes(word));
        assert.deepStrictEqual(missing, [], "words are in no chunk");
      }
    },
  },
  {
    id: "chunker/chunk/works/reading-order",
    title: "gives chunks in reading order",
    async run(chunker) {
      const words = Array.from({ length: 2000 }, (_, i) => `word${i}`);
      for (const text of [words.join(" "), words.join("\n\n"), words.join(". ")]) {
        const firsts = (await chunker.chunk(text)).map((chunk) =>
          Number(/word(\d+)/.exec(chunk.text)?.[1] ?? Number.NaN),
        );
        const known = firsts.filter((first) => !Number.isNaN(first));
        assert.deepStrictEqual(
          known,
          [...known].sort((a, b) => a - b),
          "chunks are not in reading order",
        );
      }
    },
  },
  {
    id: "chunker/chunk/works/places",
    title: "says, where it says it, where in the text each chunk stands, in UTF-16 code units",
    async run(chunker) {
      for (const text of awkwardTexts) {
        for (const { text: chunk, start, end } of await chunker.chunk(text)) {
          for (const place of [start, end])
            assert.ok(
              place === undefined || (Number.isSafeInteger(place) && place >= 0 && place <= text.length),
              "a place is out of bounds",
            );
          if (start === undefined || end === undefined) continue;
          assert.ok(start <= end, "a chunk ends before it starts");
          assert.ok(
            squeeze(chunk).includes(squeeze(text.slice(start, end))),
            "a chunk does not hold what stands at its place",
          );
        }
      }
    },
  },
  {
    id: "chunker/chunk/works/well-formed",
    title: "never cuts a character in two",
    async run(chunker) {
      for (const text of [...awkwardTexts, "😀".repeat(10_000), `${"a".repeat(999)}😀`.repeat(10)]) {
        for (const chunk of await chunker.chunk(text))
          assert.ok(chunk.text.isWellFormed(), "a chunk is no well-formed Unicode");
      }
    },
  },
  {
    id: "chunker/chunk/empty-input",
    title: "gives nothing to embed for an empty or blank text",
    async run(chunker) {
      for (const text of ["", " ", "\n", " \n\t\n ", "\n\n\n\n"]) {
        for (const chunk of await chunker.chunk(text))
          assert.equal(chunk.text.trim(), "", "words came of nothing");
      }
    },
  },
  {
    id: "chunker/chunk/duplicate",
    title: "cuts the same text in the same way each time, whatever it cut in between",
    async run(chunker) {
      for (const text of awkwardTexts) {
        const first = await chunker.chunk(text);
        await chunker.chunk(prose.join("\n"));
        for (let again = 0; again < 2; again++) assertSame(await chunker.chunk(text), first);
      }
    },
  },
  {
    id: "chunker/chunk/concurrent",
    title: "cuts many texts at once, each by itself",
    async run(chunker) {
      const alone: Chunk[][] = [];
      for (const text of prose) alone.push(await chunker.chunk(text));
      const together = await Promise.all([...prose, ...prose].map((text) => chunker.chunk(text)));
      for (const [i, chunks] of together.entries()) assertSame(chunks, alone[i % prose.length] ?? []);
    },
  },
];

function assertSame(actual: readonly Chunk[], expected: readonly Chunk[]): void {
  const plain = (chunks: readonly Chunk[]): unknown => JSON.parse(JSON.stringify(chunks));
  assert.ok(isDeepStrictEqual(plain(actual), plain(expected)), "one text was cut in two ways");
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
