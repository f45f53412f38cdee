// Runs every package's tests with secrets of high entropy, keeps all that they print and leave behind, and looks for
// those secrets in it. It first has to find leaks that it has planted, so that finding none means something.
// Usage: node scripts/leaks.mjs [project ...]
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// 24 characters of base64url, which every secret of the run has in it. As base64url it is also 18 bytes of a key.
const canary = `Kc${randomBytes(24)
  .toString("base64url")
  .replaceAll(/[^a-zA-Z0-9]/g, "x")
  .slice(0, 22)}`;

/** Every form in which the canary may have been written down. */
function formsOf(text) {
  const utf8 = Buffer.from(text, "utf8");
  const forms = new Map([
    ["UTF-8", utf8],
    ["UTF-16LE", Buffer.from(text, "utf16le")],
    ["UTF-16BE", Buffer.from(text, "utf16le").swap16()],
    ["hexadecimal", Buffer.from(utf8.toString("hex"))],
    ["HEXADECIMAL", Buffer.from(utf8.toString("hex").toUpperCase())],
    ["reversed", Buffer.from([...text].reverse().join(""))],
  ]);
  for (const encoding of ["base64", "base64url"])
    for (const before of [0, 1, 2]) {
      // What stands before it moves it against the groups of three bytes; the characters at both edges depend on it.
      const encoded = Buffer.concat([Buffer.alloc(before), utf8])
        .toString(encoding)
        .replaceAll("=", "");
      const first = Math.ceil((before * 4) / 3);
      forms.set(`${encoding}+${before}`, Buffer.from(encoded.slice(first, encoded.length - 1)));
    }
  return forms;
}

/** Where the canary stands, one line a file and form. */
function search(folder) {
  const forms = formsOf(canary);
  const hits = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const places = entry.isFile() ? [readFileSync(path), Buffer.from(entry.name)] : [Buffer.from(entry.name)];
    for (const [form, bytes] of forms)
      for (const place of places) {
        const at = place.indexOf(bytes);
        if (at >= 0) hits.push({ path, form, at, around: place.subarray(Math.max(0, at - 60), at) });
      }
  }
  return hits;
}

/** Runs vitest with everything it prints and leaves behind below one folder. */
function run(folder, name, args) {
  const place = join(folder, name);
  const temporary = join(place, "tmp");
  mkdirSync(temporary, { recursive: true });
  const files = ["stdout", "stderr"].map((stream) => openSync(join(place, stream), "w"));
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    stdio: ["ignore", ...files],
    env: { ...process.env, TMPDIR: temporary, KEELSON_CANARY: canary, NO_COLOR: "1", CI: "" },
  });
  for (const file of files) closeSync(file);
  return { place, status, hits: search(place) };
}

const folder = mkdtempSync(join(tmpdir(), "keelson-leaks-"));
try {
  const planted = run(folder, "planted", ["--config", "scripts/leaks/planted.config.mjs"]);
  const found = new Set(planted.hits.map(({ form }) => form.replace(/\+\d$/, "")));
  for (const form of ["UTF-8", "UTF-16LE", "hexadecimal", "base64", "base64url"])
    if (!found.has(form)) throw new Error(`the search is blind: it misses what was planted as ${form}`);
  if (!planted.hits.some(({ path }) => path.endsWith("stdout")))
    throw new Error("the search is blind: stdout");
  console.log(`planted leaks are found: ${planted.hits.length} places`);

  const projects = process.argv.slice(2).map((project) => `--project=${project}`);
  const { place, status, hits } = run(folder, "tests", [
    "--config",
    "scripts/leaks/vitest.config.mjs",
    ...projects,
  ]);
  const printed = readFileSync(join(place, "stdout"), "utf8");
  if (status !== 0) {
    for (const text of [printed, readFileSync(join(place, "stderr"), "utf8")])
      console.log(text.slice(-4_000).replaceAll(canary, "[canary]"));
    throw new Error("the tests fail with these secrets");
  }
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const { path, form, at, around } of hits)
    console.log(
      `${path.slice(place.length + 1)} at ${at}, ${form}: ${JSON.stringify(around.toString("latin1"))}[canary]`,
    );
  console.log(printed.split("\n").slice(-6).join("\n").trim());
  console.log(
    `${hits.length} leaks in what the tests printed and in the ${files.length} files they left behind`,
  );
  if (hits.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
