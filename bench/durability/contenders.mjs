// Each stores whole documents, so that what `put` and `load` resolve for survives a power cut, except where its name
// says that it does not.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { DIMENSION } from "./payload.mjs";

const root = join(import.meta.dirname, "../..");

/** The adapter from source, bundled. */
async function bundle() {
  const outfile = join(import.meta.dirname, ".data", "adapters-fs.mjs");
  await build({
    stdin: {
      contents:
        'export * from "@keelson/adapters-fs"; export { nodeFileSystem } from "./packages/adapters-fs/src/node-file-system.ts";',
      resolveDir: root,
    },
    bundle: true,
    conditions: ["@keelson/source"],
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  return await import(outfile);
}

async function keelson() {
  const { openFsStorage, nodeFileSystem } = await bundle();
  return {
    name: "Keelson",
    durable: true,
    open: async (directory) => {
      const { fileSystem, closed } = watchClosing(nodeFileSystem, join(directory, "checkpoint"));
      const storage = await openFsStorage(directory, { fileSystem });
      const docs = await storage.vectors.open("docs", { dimension: DIMENSION, metric: "cosine" });
      return {
        load: (batch) => docs.upsert(batch),
        put: (document) => docs.upsert([document]),
        get: async (id) => (await docs.get([id]))[0]?.text,
        delete: (ids) => docs.delete(ids),
        compact: () => storage.reclaim(),
        // The checkpoint is closed once all texts are in memory.
        settled: () => closed,
        close: () => storage.close(),
      };
    },
  };
}

/** The filesystem, and when a file of it is first closed. */
function watchClosing(fileSystem, path) {
  let tell;
  const closed = new Promise((resolve) => {
    tell = resolve;
  });
  const open = async (opened, mode) => {
    const file = await fileSystem.open(opened, mode);
    if (opened !== path) return file;
    return { ...file, close: () => file.close().then(tell) };
  };
  return { fileSystem: { ...fileSystem, open }, closed };
}

async function sqlite() {
  const { DatabaseSync } = await import("node:sqlite");
  return {
    name: "SQLite, WAL, FULL",
    durable: true,
    open: async (directory) => {
      mkdirSync(directory, { recursive: true });
      const database = new DatabaseSync(join(directory, "db"));
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      database.exec(
        "CREATE TABLE IF NOT EXISTS docs (id TEXT PRIMARY KEY, text TEXT, metadata TEXT, vector BLOB) WITHOUT ROWID",
      );
      const { synchronous } = database.prepare("PRAGMA synchronous").get();
      if (synchronous !== 2) throw new Error(`synchronous is ${synchronous}`);
      const insert = database.prepare("INSERT OR REPLACE INTO docs VALUES (?, ?, ?, ?)");
      const select = database.prepare("SELECT text FROM docs WHERE id = ?");
      const remove = database.prepare("DELETE FROM docs WHERE id = ?");
      const put = ({ id, text, metadata, vector }) =>
        insert.run(
          id,
          text,
          JSON.stringify(metadata),
          new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
        );
      const inOne = (work) => {
        database.exec("BEGIN");
        work();
        database.exec("COMMIT");
      };
      return {
        load: async (batch) => inOne(() => batch.forEach(put)),
        put: async (document) => void put(document),
        get: async (id) => select.get(id)?.text,
        delete: async (ids) =>
          inOne(() => {
            for (const id of ids) remove.run(id);
          }),
        compact: async () => database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)"),
        close: async () => database.close(),
      };
    },
  };
}

async function level() {
  const { ClassicLevel } = await import("classic-level");
  const encode = ({ text, metadata, vector }) => {
    const json = Buffer.from(JSON.stringify({ text, metadata }));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(json.length);
    return Buffer.concat([head, json, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)]);
  };
  return {
    name: "LevelDB, sync",
    durable: true,
    open: async (directory) => {
      mkdirSync(directory, { recursive: true });
      const db = new ClassicLevel(directory, { valueEncoding: "buffer" });
      await db.open();
      const sync = { sync: true };
      const puts = (batch) => batch.map((each) => ({ type: "put", key: each.id, value: encode(each) }));
      return {
        load: (batch) => db.batch(puts(batch), sync),
        put: (document) => db.put(document.id, encode(document), sync),
        get: async (id) => {
          const value = await db.get(id);
          return JSON.parse(value.subarray(4, 4 + value.readUInt32LE()).toString()).text;
        },
        delete: (ids) =>
          db.batch(
            ids.map((key) => ({ type: "del", key })),
            sync,
          ),
        compact: () => db.compactRange("", "\uffff"),
        close: () => db.close(),
      };
    },
  };
}

async function lance() {
  const { connect } = await import("@lancedb/lancedb");
  const row = ({ id, text, metadata, vector }) => ({
    ...{ id, text, metadata: JSON.stringify(metadata) },
    vector: Array.from(vector),
  });
  return {
    name: "LanceDB (never syncs)",
    durable: false,
    open: async (directory) => {
      const db = await connect(directory);
      let table = (await db.tableNames()).includes("docs") ? await db.openTable("docs") : undefined;
      const add = async (batch) => {
        if (table === undefined) table = await db.createTable("docs", batch.map(row));
        else await table.add(batch.map(row));
      };
      return {
        load: add,
        put: (document) => add([document]),
        get: async (id) => (await table.query().where(`id = '${id}'`).limit(1).toArray())[0]?.text,
        delete: (ids) => table.delete(`id IN (${ids.map((id) => `'${id}'`).join()})`),
        compact: () => table.optimize({ cleanupOlderThan: new Date() }),
        close: async () => table?.close(),
      };
    },
  };
}

export async function contenders() {
  mkdirSync(join(import.meta.dirname, ".data"), { recursive: true });
  return [await keelson(), await sqlite(), await level(), await lance()];
}

/** Where a contender's files lie, empty. */
export function freshDirectory(name) {
  const directory = directoryOf(name);
  rmSync(directory, { recursive: true, force: true });
  return directory;
}

export function directoryOf(name) {
  return join(import.meta.dirname, ".data", name.replace(/\W+/g, "-"));
}

export function diskBytes(directory) {
  const paths = readdirSync(directory, { recursive: true }).map((path) => statSync(join(directory, path)));
  return paths.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}
