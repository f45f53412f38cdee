// Prints what Keelson and its peers find, miss and cost, on the same documents in one run: npm start
import { contenders } from "./contenders.mjs";
import { corpus, HOSTILE } from "./corpus.mjs";
import { changed, masked, speed, unstable, worstCase } from "./measure.mjs";

const log = console.log;
// Some peers log what they do.
for (const method of ["log", "info", "warn", "debug"]) console[method] = () => undefined;

const documents = corpus(1).dense(1_200);
const disguised = corpus(2).disguised(300);
const negatives = corpus(3).negatives(400);
const shortTexts = corpus(4)
  .dense(2_000)
  .map(({ text }) => text);
const prose = corpus(5).prose(4_000_000);
const pages = Array.from({ length: 60 }, (_, page) => prose.slice(page * 65_536, (page + 1) * 65_536));

const types = [...new Set(documents.map(({ type }) => type))].sort();
const rows = [];
for (const contender of await contenders()) {
  const sample = contender.slow ? 4 : 1; // the slow ones see every fourth document
  const some = (list) => list.filter((_, at) => at % sample === 0);
  const found = await masked(contender, some(documents));
  const hidden = await masked(contender, some(disguised));
  const tricks = Object.values(hidden.shares);
  rows.push({
    contender: contender.name,
    ...Object.fromEntries(types.map((type) => [type, found.shares[type]?.toFixed(0) ?? "-"])),
    "in disguise": (tricks.reduce((sum, share) => sum + share, 0) / tricks.length).toFixed(0),
    "clean texts changed %": (await changed(contender, some(negatives))).toFixed(1),
    "unstable %": (await unstable(contender, some(documents))).toFixed(1),
    throws: found.throws + hidden.throws,
    "prose MB/s": (await speed(contender, pages, contender.slow ? 1_500 : 3_000)).toFixed(1),
    "short MB/s": (await speed(contender, shortTexts, 1_500)).toFixed(1),
    worst: await worstCase(contender, HOSTILE),
  });
}

log("Values wholly masked, in %, by type; then what was masked for nothing, and the cost (CPU time).\n");
const columns = [
  "contender",
  ...types,
  "in disguise",
  "clean texts changed %",
  "unstable %",
  "throws",
  "prose MB/s",
  "short MB/s",
];
const cells = (row) => [
  ...columns.map((column) => String(row[column])),
  `${row.worst.ms.toFixed(1)} ms, n^${row.worst.exponent.toFixed(1)} (${JSON.stringify(row.worst.unit)})`,
];
const head = [...columns, "worst 10 kB"];
const table = [head, head.map(() => "---"), ...rows.map(cells)];
for (const line of table) log(`| ${line.join(" | ")} |`);
process.exit(0);
