// Measures one contender in a process of its own: node one.mjs <key> <count>
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { contenders } from "./contenders.mjs";
import { documents } from "./corpus.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
const [key, count] = [process.argv[2], Number(process.argv[3])];
const contender = await contenders[key].make();
const heapUsed = () => {
  gc();
  return process.memoryUsage().heapUsed;
};
const results = [];
const sources = [];
// What the heap holds beside what is the contender's.
let corpus = heapUsed();
for (const [label, changed] of [
  ["cold", false],
  ["no-op", undefined],
  ["1% changed", true],
]) {
  const before = heapUsed();
  // Made when it is needed: every collection of garbage would go through a corpus that nobody reads yet.
  if (changed !== undefined) sources.push([...documents(count, changed)]);
  corpus += heapUsed() - before;
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().heapUsed - corpus);
  };
  const watch = setInterval(look, 20);
  const start = { cpu: process.cpuUsage(), at: performance.now(), embedded: contender.embedded() };
  await contender.sync(sources.at(-1));
  const { user, system } = process.cpuUsage(start.cpu);
  const wallMs = performance.now() - start.at;
  clearInterval(watch);
  look();
  results.push({
    label,
    corpus,
    cpuMs: (user + system) / 1e3,
    wallMs,
    embedded: contender.embedded() - start.embedded,
    peakMb: peak / 1e6,
  });
}
process.stdout.write(JSON.stringify(results));
process.exit(0);
