import type { Chunk, Chunker } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

const fault = (id: string, title: string, replace: (chunker: Chunker) => Partial<Chunker>): Fault<Chunker> =>
  createFault<Chunker>(`chunker/${id}`, title, { wrap: (chunker) => patch(chunker, replace(chunker)) });

const chunkFault = (
  id: string,
  title: string,
  change: (chunks: Chunk[], text: string) => Chunk[],
): Fault<Chunker> =>
  fault(id, title, (chunker) => ({ chunk: async (text) => change(await chunker.chunk(text), text) }));

/** Chunkers that are wrong. */
export const chunkerFaults: readonly Fault<Chunker>[] = [
  fault("has-no-id", "has an empty id", () => ({ id: "" })),
  chunkFault("drops-the-last", "drops the last of several chunks", (chunks) =>
    chunks.length > 1 ? chunks.slice(0, -1) : chunks,
  ),
  chunkFault("no-order", "gives the largest chunks first, not in reading order", (chunks) =>
    chunks.reverse(),
  ),
  chunkFault("counts-characters", "counts places in characters, not in code units", (chunks, text) =>
    chunks.map((chunk) => ({
      ...chunk,
      start: [...text.slice(0, chunk.start)].length,
      end: [...text.slice(0, chunk.end)].length,
    })),
  ),
  chunkFault("cuts-anywhere", "cuts long chunks at a fixed length, through characters", (chunks) =>
    chunks.flatMap(({ text }) => {
      const parts: Chunk[] = [];
      for (let start = 0; start < text.length; start += 777)
        parts.push({ text: text.slice(start, start + 777) });
      return parts;
    }),
  ),
  chunkFault("says-something-of-nothing", "gives a chunk for a text without words", (chunks) =>
    chunks.length > 0 ? chunks : [{ text: "(empty)" }],
  ),
  fault("remembers-its-place", "cuts a text in another way each time", (chunker) => {
    let calls = 0;
    return { chunk: async (text) => (++calls % 2 === 0 ? [{ text }] : chunker.chunk(text)) };
  }),
  fault("mixes-calls", "answers calls at once with the chunks of the newest", (chunker) => {
    let newest = "";
    return {
      chunk: async (text) => {
        newest = text;
        await undefined;
        return chunker.chunk(newest);
      },
    };
  }),
];
