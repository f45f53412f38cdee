// Packs every published package, checks the tarballs, and uses them as a stranger would: installed into an empty
// folder, imported, required, and type-checked under every module resolution.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const run = (command, args, cwd = ".") =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });

const out = resolve("dist-tarballs");
rmSync(out, { recursive: true, force: true });
mkdirSync(out);

const manifests = readdirSync("packages")
  .map((folder) => ({ folder, ...JSON.parse(readFileSync(`packages/${folder}/package.json`, "utf8")) }))
  .filter((manifest) => !manifest.private);
for (const { folder } of manifests) run("pnpm", ["pack", "--pack-destination", out], `packages/${folder}`);
const tarballs = readdirSync(out).map((file) => join(out, file));
if (tarballs.length !== manifests.length) throw new Error(`packed ${tarballs.length} of ${manifests.length}`);
console.log(`packed ${tarballs.length} packages`);

for (const tarball of tarballs) {
  run("publint", ["run", tarball, "--strict"]);
  // node16: the oldest resolution that reads `exports`, as every supported Node does.
  run("attw", [tarball, "--no-emoji", "--format", "ascii", "--profile", "node16"]);
  const files = run("tar", ["-tf", tarball]).split("\n");
  for (const file of [
    "package/README.md",
    "package/LICENSE",
    "package/dist/index.js",
    "package/dist/index.cjs",
  ]) {
    if (!files.includes(file)) throw new Error(`${tarball} lacks ${file}`);
  }
}
console.log("publint and are-the-types-wrong find nothing; README and LICENSE are in every tarball");

const consumer = mkdtempSync(join(tmpdir(), "keelson-consumer-"));
const write = (file, text) => writeFileSync(join(consumer, file), text);
write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
// Optional peers too, since some entries need one. A test runner is no part of the consumer.
const peers = manifests
  .flatMap(({ peerDependencies = {} }) => Object.entries(peerDependencies))
  .filter(([name]) => name !== "vitest")
  .map(([name, range]) => `${name}@${range}`);
run("npm", ["install", "--no-audit", "--no-fund", ...tarballs, ...new Set(peers)], consumer);

// Every entry of every `exports` map, as module and as CommonJS.
const entries = manifests.flatMap(({ name, publishConfig }) =>
  Object.keys(publishConfig.exports)
    .filter((entry) => entry !== "./package.json" && entry !== "./vitest")
    .map((entry) => name + entry.slice(1)),
);
write("every.mjs", entries.map((entry) => `await import("${entry}");`).join("\n"));
write("every.cjs", entries.map((entry) => `require("${entry}");`).join("\n"));
run("node", ["every.mjs"], consumer);
run("node", ["every.cjs"], consumer);
console.log(`${entries.length} entries import and require`);

const story = `
import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError, type Storage } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { createIndex } from "@keelson/index-store";
import { createRedactor } from "@keelson/redaction";
export async function story(): Promise<string> {
  const storage: Storage = createMemoryStorage();
  const index = await createIndex({ ...storage, name: "docs", embedder: createHashEmbedder(), redactor: createRedactor() });
  await index.upsert([{ id: "a", text: "Write to jo@example.com" }]);
  const [match] = await index.query("write", { topK: 1 });
  try { await index.query("write", { topK: 0 }); } catch (error) { if (!isKeelsonError(error, "TOP_K_INVALID")) throw error; }
  return String(match?.text);
}
// @ts-expect-error types arrive, and are not any
createRedactor(3);
`;
write("story.mts", story);
write("story.cts", story);
const tsc = resolve("node_modules/typescript/bin/tsc");
for (const [module, resolution, file] of [
  ["node16", "node16", "story.mts"],
  ["node16", "node16", "story.cts"],
  ["nodenext", "nodenext", "story.mts"],
  ["esnext", "bundler", "story.mts"],
]) {
  run(
    "node",
    [
      tsc,
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      ...["--lib", "es2023,dom"],
      ...["--module", module],
      ...["--moduleResolution", resolution],
      file,
    ],
    consumer,
  );
  console.log(`types resolve: ${module}, ${file}`);
}
run(
  "node",
  [tsc, "--ignoreConfig", "--strict", "--lib", "es2023,dom", "--module", "nodenext", "story.mts"],
  consumer,
);
write("run.mjs", `import { story } from "./story.mjs"; console.log(await story());`);
const printed = run("node", ["run.mjs"], consumer).trim();
if (printed !== "Write to [email]") throw new Error(`the consumer printed: ${printed}`);
console.log("the consumer runs");
rmSync(consumer, { recursive: true });
