// Runs the tests of the whole workspace with secrets of high entropy, keeps all that they print, leave behind and see,
// and looks for those secrets in it. It first has to find leaks that it has planted, so that finding none means something.
// Usage: node scripts/leaks.mjs [project ...]     the tests of some projects; of all where none is named
//        node scripts/leaks.mjs --planted         the planted leaks alone, as if they were the tests
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FORMS, search } from "./leaks/search.mjs";

// 24 characters of base64url, which every secret of the run has in it. As base64url it is also 18 bytes of a key.
const canary = `Kc${randomBytes(24)
  .toString("base64url")
  .replaceAll(/[^a-zA-Z0-9]/g, "x")
  .slice(0, 22)}`;

/** What `planted.mjs` leaves and the search must find: the channel or file, and the form. */
const CHANNELS = ["stdout", "stderr", "seen/errors", "seen/audit", "seen/state", "seen/blobs", "seen/disk"];
const PLANTED = [
  ...[...CHANNELS, "kept/*/named-", "kept/*/half"].map((place) => [place, "UTF-8"]),
  ...FORMS.map((form) => [`kept/*/${form}`, form]),
  ...["0", "1", "2"].map((before) => [`kept/*/base64url+${before}`, `base64+${before}`]),
];

/** Runs vitest with everything it prints, leaves behind and sees below one folder. */
function run(folder, name, args) {
  const place = join(folder, name);
  for (const each of ["tmp", "kept", "seen"]) mkdirSync(join(place, each), { recursive: true });
  const files = ["stdout", "stderr"].map((stream) => openSync(join(place, stream), "w"));
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...args], {
    stdio: ["ignore", ...files],
    env: {
      ...process.env,
      TMPDIR: join(place, "tmp"),
      KEELSON_KEPT: join(place, "kept"),
      KEELSON_SEEN: join(place, "seen"),
      KEELSON_CANARY: canary,
      NO_COLOR: "1",
      CI: "",
    },
  });
  for (const file of files) closeSync(file);
  if (status !== 0) {
    for (const stream of ["stdout", "stderr"])
      console.log(readFileSync(join(place, stream), "utf8").slice(-4_000).replaceAll(canary, "[canary]"));
    throw new Error("the tests fail with these secrets");
  }
  return { place, ...search(place, canary) };
}

function runPlanted(folder) {
  const planted = run(folder, "planted", ["--config", "scripts/leaks/planted.config.mjs"]);
  const isFound = ([place, wanted]) =>
    planted.hits.some(
      ({ path, form }) => form === wanted && path.replace(/^kept\/[^/]+/, "kept/*").startsWith(place),
    );
  const missed = PLANTED.filter((each) => !isFound(each));
  if (missed.length > 0) throw new Error(`the search is blind: ${missed.join("; ")}`);
  console.log(`planted leaks are found: ${PLANTED.length} of ${PLANTED.length}`);
  return planted;
}

function report({ place, files, bytes, hits }) {
  for (const { path, form, at, around } of hits)
    console.log(`${path} at ${at}, ${form}: ${JSON.stringify(around.toString("latin1"))}[canary]`);
  const printed = readFileSync(join(place, "stdout"), "utf8");
  console.log(/ +Test Files .*\n +Tests .*/.exec(printed)?.[0]);
  const seen = readdirSync(join(place, "seen")).sort();
  const linesOf = (channel) =>
    seen
      .filter((name) => name.startsWith(`${channel}-`))
      .flatMap((name) =>
        readFileSync(join(place, "seen", name), "utf8")
          .split("\n")
          .slice(0, -1),
      );
  const made = linesOf("made");
  const counts = ["errors", "audit", "state"].map((channel) => `${linesOf(channel).length} ${channel}`);
  const given = new Set(made.filter((line) => line.startsWith('"/'))).size;
  console.log(
    `secrets: ${made.length} uses of a canary as a value or key, ${given} kinds given, the others generated`,
  );
  console.log(
    `searched: ${(bytes / 1e6).toFixed(1)} MB in ${files} files; of what is no file: ${counts.join(", ")}`,
  );
  console.log(`${hits.length} leaks`);
  if (hits.length > 0) process.exitCode = 1;
}

const folder = mkdtempSync(join(tmpdir(), "keelson-leaks-"));
try {
  const planted = runPlanted(folder);
  const args = process.argv.slice(2);
  if (args[0] === "--planted") report(planted);
  else {
    const projects = args.map((project) => `--project=${project}`);
    report(run(folder, "tests", ["--config", "scripts/leaks/vitest.config.mjs", ...projects]));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
