import { assertObject, type Chunk, type Chunker } from "@keelson/core";
import { invalid } from "./documents.ts";

/** What is used of a text splitter of `@langchain/textsplitters`. Structural, so that nothing is installed with it. */
export interface TextSplitterLike {
  /** Cuts a text into pieces of it, in reading order; they may overlap. */
  splitText(text: string): PromiseLike<string[]> | string[];
}

/** What {@link fromTextSplitter} takes beside the splitter. */
export interface FromTextSplitterOptions {
  /**
   * Names the cutting. A splitter has no name for its settings: change it whenever they change, so that what was cut
   * before is stale: `"markdown:1000/100"`.
   */
  readonly id: string;
}

const HIGH_SURROGATE = /[\uD800-\uDBFF]$/;
const LOW_SURROGATE = /^[\uDC00-\uDFFF]/;

/**
 * A chunker from a text splitter of LangChain.js: recursive, Markdown, by token, and any other that cuts plain text or
 * Markdown. Each piece is found again in the text, so that chunks say where they lie; one that the splitter has changed
 * says nothing. A character that was cut in two is whole in both chunks.
 *
 * @throws KeelsonError ARGUMENT_INVALID for what is no splitter, or an empty id.
 *
 * @example
 * ```ts
 * import { fromTextSplitter } from "@keelson/index-store";
 *
 * // In a program: new MarkdownTextSplitter({ chunkSize: 1000, chunkOverlap: 100 }) of @langchain/textsplitters.
 * const sentences = { splitText: async (text: string) => text.match(/[^.]+\./g) ?? [] };
 * const chunker = fromTextSplitter(sentences, { id: "sentences@1" });
 * for (const { text, start, end } of await chunker.chunk("One. Two.")) console.log([text, start, end]);
 * // [ 'One.', 0, 4 ]
 * // [ ' Two.', 4, 9 ]
 * ```
 */
export function fromTextSplitter(splitter: TextSplitterLike, options: FromTextSplitterOptions): Chunker {
  if (typeof splitter?.splitText !== "function") throw invalid("splitter", "without splitText");
  assertObject(options);
  const { id } = options;
  if (typeof id !== "string" || id === "") throw invalid("id", "empty");
  return Object.freeze({
    specVersion: 1,
    id,
    chunk: async (text) => {
      let last = { start: 0, length: 0 };
      return (await splitter.splitText(text)).map((piece): Chunk => {
        // Pieces may overlap: one begins behind the last one's start, or there, when it goes on further.
        const from = piece.length > last.length ? last.start : last.start + 1;
        const start = piece === "" ? -1 : text.indexOf(piece, from);
        if (start === -1) return { text: piece };
        last = { start, length: piece.length };
        return whole(text, start, start + piece.length);
      });
    },
  } satisfies Chunker);
}

/** The chunk between two offsets, with the other half of a character that one of them cuts. */
function whole(text: string, start: number, end: number): Chunk {
  const from = cuts(text, start) ? start - 1 : start;
  const to = cuts(text, end) ? end + 1 : end;
  return { text: text.slice(from, to), start: from, end: to };
}

function cuts(text: string, at: number): boolean {
  return HIGH_SURROGATE.test(text.slice(0, at).slice(-1)) && LOW_SURROGATE.test(text.slice(at, at + 1));
}
