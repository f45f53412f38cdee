import { chunkerCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import {
  CharacterTextSplitter,
  MarkdownTextSplitter,
  RecursiveCharacterTextSplitter,
} from "@langchain/textsplitters";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromTextSplitter } from "../src/index.ts";
import { codeOf, createSubject, faultsOf } from "./support.ts";

const splitters = {
  recursive: new RecursiveCharacterTextSplitter({ chunkSize: 100, chunkOverlap: 20 }),
  markdown: new MarkdownTextSplitter({ chunkSize: 100, chunkOverlap: 0 }),
};

// So small that it cuts words and characters.
const tiny = new RecursiveCharacterTextSplitter({ chunkSize: 5, chunkOverlap: 2 });

for (const [name, splitter] of Object.entries(splitters)) {
  describe(`fromTextSplitter, ${name}`, () => {
    testConformance(chunkerCases, { create: () => fromTextSplitter(splitter, { id: name }) });
  });
}

describe("fromTextSplitter", () => {
  it("says where each chunk lies, for any text", async () => {
    const text = fc
      .array(fc.constantFrom("word", "# Title", "\n\n", "\n", " ", "- item", "😀", "é"), { maxLength: 60 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(...Object.values(splitters), tiny), async (whole, splitter) => {
        const chunks = await fromTextSplitter(splitter, { id: "x" }).chunk(whole);
        for (const { text: part, start, end } of chunks) {
          expect(start).toBeDefined();
          expect(whole.slice(start, end)).toBe(part);
          expect(part).not.toMatch(/\p{Surrogate}/u);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("says where a chunk lies that begins where the last one did and goes on further", async () => {
    const growing = { splitText: () => ["é", "é\n😀"] };
    expect(await fromTextSplitter(growing, { id: "x" }).chunk("\n\né\n😀")).toEqual([
      { text: "é", start: 2, end: 3 },
      { text: "é\n😀", start: 2, end: 6 },
    ]);
  });

  it("says nothing of a piece that the splitter has changed", async () => {
    const shouting = { splitText: (text: string) => [text.toUpperCase(), text] };
    expect(await fromTextSplitter(shouting, { id: "x" }).chunk("abc")).toEqual([
      { text: "ABC" },
      { text: "abc", start: 0, end: 3 },
    ]);
  });

  it("cuts Markdown for an index, and an edited paragraph embeds what it touches", async () => {
    const chunker = fromTextSplitter(new MarkdownTextSplitter({ chunkSize: 60, chunkOverlap: 0 }), {
      id: "md",
    });
    const { index, embedder, storage } = await createSubject({ chunker });
    const sections = Array.from(
      { length: 50 },
      (_, i) => `## Section ${i}\n\nWhat section ${i} says, at length.`,
    );
    await index.upsert([{ id: "handbook", text: sections.join("\n\n") }]);
    expect((await index.get("handbook"))?.chunks).toHaveLength(50);
    embedder.texts.length = 0;
    const edited = sections.with(20, "## Section 20\n\nIt says something else now.");
    await index.reindex([{ id: "handbook", text: edited.join("\n\n") }]);
    expect(embedder.texts).toEqual(["## Section 20\n\nIt says something else now."]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves the splitter's own choices alone", async () => {
    const byLine = new CharacterTextSplitter({ separator: "\n", chunkSize: 3, chunkOverlap: 0 });
    const chunks = await fromTextSplitter(byLine, { id: "lines" }).chunk("one\ntwo\nsix");
    expect(chunks.map(({ text }) => text)).toEqual(["one", "two", "six"]);
  });

  it("refuses what is no splitter, and a cutting without a name", async () => {
    expect(await codeOf((async () => fromTextSplitter({} as never, { id: "x" }))())).toBe("ARGUMENT_INVALID");
    expect(await codeOf((async () => fromTextSplitter(tiny, { id: "" }))())).toBe("ARGUMENT_INVALID");
  });
});
