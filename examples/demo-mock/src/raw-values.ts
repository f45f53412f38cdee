import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Json, type Storage, scanState } from "@keelson/core";

/** What was searched, and what was found there. */
export interface RawValueSearch {
  /** The raw values found, each with the place where it stands. */
  readonly found: readonly string[];
  /** How many places were searched. */
  readonly places: number;
  readonly bytes: number;
}

/** Searches everything a storage hands out, through its own interfaces. */
export async function searchStorage(storage: Storage, values: readonly string[]): Promise<RawValueSearch> {
  const search = createSearch(values);
  for await (const { key, value } of scanState(storage.state))
    search.look(`state ${key}`, text({ key, value }));
  for (const { name, dimension, metric } of await storage.vectors.list()) {
    const collection = await storage.vectors.open(name, { dimension, metric });
    for (const record of (await collection.scan?.()) ?? []) {
      const { id, text: content = null, metadata = {} } = record;
      search.look(`vector ${id}`, text({ id, content, metadata }));
    }
  }
  for (const { key } of await storage.blobs.list("")) {
    search.look(`blob ${key}`, Buffer.from((await storage.blobs.get(key)) ?? []));
  }
  return search.result();
}

/** Searches every byte of every file below a directory. */
export async function searchDirectory(directory: string, values: readonly string[]): Promise<RawValueSearch> {
  const search = createSearch(values);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    search.look(path, Buffer.concat([Buffer.from(path), await readFile(path)]));
  }
  return search.result();
}

function createSearch(values: readonly string[]): {
  look(place: string, bytes: Buffer): void;
  result(): RawValueSearch;
} {
  const found: string[] = [];
  let places = 0;
  let bytes = 0;
  return {
    look: (place, content) => {
      places += 1;
      bytes += content.length;
      for (const value of values) {
        // By its bytes: as a string, UTF-16 would be looked for at even places only.
        const forms = [Buffer.from(value, "utf8"), Buffer.from(value, "utf16le")];
        if (forms.some((form) => content.includes(form))) found.push(`${value} in ${place}`);
      }
    },
    result: () => ({ found, places, bytes }),
  };
}

function text(value: Json): Buffer {
  return Buffer.from(JSON.stringify(value));
}
