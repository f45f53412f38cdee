// Prints how long an exact query takes Keelson and its peers, on the same vectors in one run: npm start
import { contenders } from "./contenders.mjs";
import { corpus } from "./corpus.mjs";

const ROWS = 100_000;
const TOP_K = 10;
const ROUNDS = 15;

const data = corpus({ rows: ROWS, dimension: 384, queries: ROUNDS + 2 });
const runs = (await contenders(data, TOP_K)).flatMap((contender) =>
  ["query", "queryTenth"]
    .filter((kind) => contender[kind] !== undefined)
    .map((kind) => ({ contender, kind, times: [], recall: [] })),
);
const truth = new Map();

// Turn by turn, so that whatever else the machine does meets all of them.
for (const [round, vector] of data.queries.entries()) {
  for (const run of runs) {
    if (run.contender.slow && round % 3 !== 2) continue;
    const started = process.hrtime.bigint();
    const found = await run.contender[run.kind](vector);
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    if (run.contender.name === "keelson") truth.set(`${run.kind} ${round}`, new Set(found));
    if (round < 2) continue;
    run.times.push(ms);
    const best = truth.get(`${run.kind} ${round}`);
    if (found !== undefined) run.recall.push(found.filter((id) => best.has(id)).length / TOP_K);
  }
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const of = (name, kind) => median(runs.find((run) => run.contender.name === name && run.kind === kind).times);
const bound = of("reading the memory once", "query");
const ours = { query: of("keelson", "query"), queryTenth: of("keelson", "queryTenth") };

console.log(
  `The ${TOP_K} nearest of ${ROWS} vectors of 384 numbers by cosine; medians of up to ${ROUNDS} queries.\n`,
);
const head = ["contender", "filter", "ms", "× the bound", "× keelson", "same answers"];
const table = runs.map(({ contender, kind, times, recall }) => {
  const ms = median(times);
  const same =
    recall.length === 0 ? "" : (recall.reduce((sum, part) => sum + part, 0) / recall.length).toFixed(3);
  const filter = kind === "query" ? "none" : "a tenth passes";
  return [contender.name, filter, ms.toFixed(1), (ms / bound).toFixed(2), (ms / ours[kind]).toFixed(2), same];
});
for (const line of [head, head.map(() => "---"), ...table]) console.log(`| ${line.join(" | ")} |`);
process.exit(0);
