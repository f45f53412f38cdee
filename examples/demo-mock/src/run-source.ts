import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import type { Chunker } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { createIndex, type SourceDocument } from "@keelson/index-store";
import { createRedactor } from "@keelson/redaction";
import { createCountingEmbedder } from "./counting-embedder.ts";
import { createTranscript } from "./transcript.ts";

const NOTE = "keelson-demo-note";
const LONGEST_SHOWN = 100;

/** Cuts at blank lines, so that a match shows the paragraph and not the file. A heading goes with what follows it. */
const paragraphs = {
  specVersion: 1,
  id: "paragraphs@1",
  chunk: (text) => {
    const chunks: { text: string }[] = [];
    let heading = "";
    for (const paragraph of text.split(/\n[ \t\r]*\n/)) {
      const piece = `${heading}${paragraph.trim()}`;
      heading = /^#[^\n]*$/.test(piece) ? `${piece}\n` : "";
      if (heading === "" && piece !== "") chunks.push({ text: piece });
    }
    return heading === "" ? chunks : [...chunks, { text: heading.trim() }];
  },
} satisfies Chunker;

/** Chapters A to D on the reader's own files, in memory. Their files are read, never written. */
export async function runSource(directory: string, print: (line: string) => void): Promise<boolean> {
  const { chapter, say, fact, failures } = createTranscript(print);
  const paths = await textFiles(directory);
  if (paths.length === 0) {
    print(`No .md or .txt files below ${directory}.`);
    return false;
  }
  const clock = createManualClock();
  const storage = createMemoryStorage();
  const embedder = createCountingEmbedder(createHashEmbedder());
  const redactor = createRedactor();
  const index = await createIndex({
    ...storage,
    name: "source",
    embedder,
    redactor,
    chunker: paragraphs,
    clock,
  });

  chapter(`A. ${paths.length} ${paths.length === 1 ? "file" : "files"} of ${directory} to index`);
  const { added, findings } = await index.upsert(
    withProgress(paths.map((path) => fileDocument(directory, path))),
  );
  const { chunks } = await index.status();
  say(`  ${added} documents, ${chunks} chunks; texts embedded: ${embedder.takeCount()}`);
  const types = Object.entries(findings).toSorted(([, a], [, b]) => b - a);
  say(`  redacted: ${types.map(([type, count]) => `${count} ${type}`).join(", ") || "nothing found"}`);
  fact("every file is in the index", added === paths.length);

  const [first = ""] = paths;
  chapter(`B. A line is added to ${first} (in memory only)`);
  const edited = paths.map((path) => fileDocument(directory, path, path === first ? "\n\nA line more." : ""));
  const stale = await index.staleIds(edited);
  const written: string[] = [];
  await index.reindex(edited, {
    onProgress: ({ documents = [] }) => written.push(...documents.map(({ id }) => id)),
  });
  say(`  stale: ${stale.join(", ")}; texts embedded: ${embedder.takeCount()}`);
  fact(
    "that file is stale, and only that file was written",
    stale.join() === first && written.join() === first,
  );

  chapter("C. A note that lives for five seconds");
  await index.upsert([{ id: NOTE, text: "A note of the Keelson demo.", ttlMs: 5000 }]);
  const snapshot = await index.snapshot();
  await clock.advance(4000);
  fact("at 4 s it is there", (await index.get(NOTE)) !== undefined);
  await clock.advance(2000);
  fact("at 6 s it is not", (await index.get(NOTE)) === undefined);
  const { removed } = await index.sweepExpired();
  fact("the sweep removes it and nothing else", removed.join() === NOTE);

  chapter("D. The snapshot is restored");
  await index.restore(snapshot.id);
  const { documents, expired } = await index.status();
  say(`  ${documents} documents, ${expired} of them expired`);
  fact("all documents are back", documents === paths.length + 1);
  fact(
    "the restored content equals the snapshot's digest",
    (await index.snapshot()).digest === snapshot.digest,
  );

  chapter("A few queries, each the first heading or line of a file");
  for (const question of await questions(directory, paths)) {
    say(`  ${question}`);
    for (const { id, score, text } of await index.query(question, { topK: 2 })) {
      say(`    ${score.toFixed(2)}  ${id}: ${shorten(text)}`);
    }
  }
  await index.close();
  await storage.close();
  print(failures.length === 0 ? "\nAll facts hold." : `\n${failures.length} facts do not hold.`);
  return failures.length === 0;
}

/** The text files below a directory, as paths from it, in the same order everywhere. */
async function textFiles(directory: string): Promise<string[]> {
  if (!(await stat(directory)).isDirectory()) throw new TypeError(`${directory} is not a directory`);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && [".md", ".txt"].includes(extname(entry.name)))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|[/\\])(node_modules|\.git)[/\\]/.test(path))
    .toSorted();
}

function fileDocument(directory: string, path: string, suffix = ""): SourceDocument {
  return { id: path, text: async () => (await readFile(join(directory, path), "utf8")) + suffix };
}

/** Tells how far it is, on a line of its own that is written over. */
function* withProgress(documents: readonly SourceDocument[]): Generator<SourceDocument> {
  for (const [i, document] of documents.entries()) {
    if (process.stderr.isTTY) process.stderr.write(`\r  indexing ${i + 1} of ${documents.length}`);
    else if ((i + 1) % 1000 === 0) process.stderr.write(`  indexing ${i + 1} of ${documents.length}\n`);
    yield document;
  }
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}

async function questions(directory: string, paths: readonly string[]): Promise<string[]> {
  const chosen = [0, Math.floor(paths.length / 2), paths.length - 1].map((i) => paths[i] ?? "");
  const texts = await Promise.all(
    [...new Set(chosen)].map((path) => readFile(join(directory, path), "utf8")),
  );
  return texts.flatMap((text) => {
    const line = text.split("\n").find((each) => /\w/.test(each));
    return line === undefined ? [] : [shorten(line.replace(/^[#\s]+/, ""))];
  });
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line;
}
