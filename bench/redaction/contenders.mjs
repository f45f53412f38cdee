// Who is compared. Each has a name and `redact(text)`, which gives the redacted text.
import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const require = createRequire(import.meta.url);

/** Keelson's redactor, bundled from its source. */
async function keelson() {
  const outfile = join(mkdtempSync(join(tmpdir(), "keelson-bench-")), "redaction.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../packages/redaction/src/index.ts", import.meta.url))],
    conditions: ["@keelson/source"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  const { createRedactor } = await import(pathToFileURL(outfile).href);
  const redactor = createRedactor();
  return { name: "keelson", redact: async (text) => (await redactor.redact(text)).text };
}

/** What people write by hand: six types in one regular expression. */
function combined() {
  const pattern =
    /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|\b\d{3}-\d{2}-\d{4}\b|\b(?:\d[ -]?){12,18}\d\b|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b|(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b/g;
  return { name: "one combined regex", redact: async (text) => text.replace(pattern, "[x]") };
}

function redactPii() {
  const { SyncRedactor } = require("redact-pii");
  const redactor = new SyncRedactor();
  return { name: "redact-pii 3.4.0", redact: async (text) => redactor.redact(text) };
}

async function redactpiiNode() {
  const { Redactor } = await import("@redactpii/node");
  const redactor = new Redactor({
    rules: { CREDIT_CARD: true, EMAIL: true, NAME: true, PHONE: true, SSN: true },
  });
  return { name: "@redactpii/node 1.0.17", redact: async (text) => redactor.redact(text) };
}

async function openredaction() {
  const { OpenRedaction } = await import("openredaction");
  const redactor = new OpenRedaction();
  return {
    name: "openredaction 1.1.5",
    slow: true,
    redact: async (text) => (await redactor.detect(text)).redacted,
  };
}

async function arcjet() {
  const { redact } = await import("@arcjet/redact");
  return { name: "@arcjet/redact 1.4.0", slow: true, redact: async (text) => (await redact(text, {}))[0] };
}

export const contenders = async () =>
  Promise.all([keelson(), combined(), redactPii(), redactpiiNode(), arcjet(), openredaction()]);
