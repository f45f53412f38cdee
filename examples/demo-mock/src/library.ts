import type { Clock, Storage } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { createIndex, type Index } from "@keelson/index-store";
import { createRedactor } from "@keelson/redaction";
import { type CountingEmbedder, createCountingEmbedder } from "./counting-embedder.ts";

/** The index of the story, with an embedder that counts. */
export interface Library {
  readonly index: Index;
  readonly embedder: CountingEmbedder;
}

/** Opens the index as every chapter and every run uses it. */
export async function openLibrary(storage: Storage, clock: Clock): Promise<Library> {
  const embedder = createCountingEmbedder(createHashEmbedder());
  const index = await createIndex({ ...storage, name: "docs", embedder, redactor: createRedactor(), clock });
  return { index, embedder };
}
