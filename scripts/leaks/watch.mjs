// Before every test file: what is removed below the temporary folder is kept elsewhere, so that it can be searched, and
// what a test sees but no file is written down: errors, audit events, and what goes into storage that is in memory.
// `canaries.mjs` puts the calls in.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join, resolve, sep } from "node:path";
import { afterAll } from "vitest";

const FULL = 1_000_000;
const temporary = resolve(process.env.TMPDIR ?? "") + sep;
const kept = resolve(process.env.KEELSON_KEPT ?? "");
const seen = resolve(process.env.KEELSON_SEEN ?? "");

const { appendFileSync, lstatSync, renameSync, rmSync, unlinkSync } = fs;
const { rm, unlink } = fs.promises;
let removed = 0;

/** Moves away what is to be removed. False where that is not for us to do, or the removal would fail. */
function keep(path, { recursive = false } = {}) {
  if (typeof path !== "string" || !resolve(path).startsWith(temporary)) return false;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.isDirectory() && !recursive)) return false;
  renameSync(path, join(kept, `${process.pid}-${removed++}`));
  return true;
}
fs.rmSync = (path, options) => (keep(path, options) ? undefined : rmSync(path, options));
fs.unlinkSync = (path) => (keep(path) ? undefined : unlinkSync(path));
fs.promises.rm = async (path, options) => (keep(path, options) ? undefined : rm(path, options));
fs.promises.unlink = async (path) => (keep(path) ? undefined : unlink(path));
syncBuiltinESMExports();

/** Not yet in the channel's file. */
const waiting = new Map();

function flush(channel) {
  const { parts } = waiting.get(channel);
  waiting.delete(channel);
  appendFileSync(join(seen, `${channel}-${process.pid}`), Buffer.concat(parts));
}

/** Errors with all they carry, causes too, and bytes as bytes. */
function readable(_, value) {
  if (value instanceof Error)
    return { ...value, name: value.name, message: value.message, cause: value.cause, errors: value.errors };
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof Map || value instanceof Set) return [...value];
  return typeof value === "bigint" ? String(value) : value;
}

globalThis[Symbol.for("keelson.seen")] = (channel, value) => {
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(`${textOf(value)}\n`);
  const entry = waiting.get(channel) ?? { parts: [], size: 0 };
  waiting.set(channel, entry);
  entry.parts.push(bytes);
  entry.size += bytes.length;
  if (entry.size > FULL) flush(channel);
};

function textOf(value) {
  try {
    return JSON.stringify(value, readable);
  } catch {
    // A circle, or a getter that throws.
    return String(value);
  }
}

afterAll(() => {
  for (const channel of waiting.keys()) flush(channel);
});
