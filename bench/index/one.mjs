// Measures one contender in a process of its own: node one.mjs <key> <count>
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { contenders } from "./contenders.mjs";
import { documents } from "./corpus.mjs";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
const [key, count] = [process.argv[2], Number(process.argv[3])];
const contender = await contenders[key].make();
const before = [...documents(count, false)];
const after = [...documents(count, true)];
const results = [];
for (const [label, source] of [
  ["cold", before],
  ["no-op", before],
  ["1% changed", after],
]) {
  gc();
  // The corpus itself is not the contender's.
  const corpus = results[0]?.corpus ?? process.memoryUsage().heapUsed;
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().heapUsed - corpus);
  };
  const watch = setInterval(look, 20);
  const start = { cpu: process.cpuUsage(), at: performance.now(), embedded: contender.embedded() };
  await contender.sync(source);
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
