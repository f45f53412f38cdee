// Prints what it costs to bring an index in step with 100,000 documents of 1 kB: npm start [count] [contender …]
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { contenders } from "./contenders.mjs";

const [count = "100000", ...chosen] = process.argv.slice(2);
const keys = chosen.length > 0 ? chosen : Object.keys(contenders);
const script = fileURLToPath(new URL("one.mjs", import.meta.url));
const measured = new Map();
for (const key of keys) {
  try {
    const out = execFileSync(process.execPath, ["--max-old-space-size=8192", script, key, count], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    measured.set(key, JSON.parse(out));
  } catch (error) {
    console.log(`${contenders[key].name} did not end: ${String(error.stderr ?? error).split("\n")[0]}`);
  }
}

console.log(
  `\n${count} documents of about 1 kB, in seconds of CPU time and of the clock; the heap in MB at its highest.\n`,
);
const head = [
  "contender",
  "sync",
  "CPU s",
  "× the floor",
  "× keelson",
  "s",
  "× keelson",
  "texts embedded",
  "peak heap MB",
];
const rows = keys.flatMap((key) =>
  (measured.get(key) ?? []).map((result, i) => {
    const floor = measured.get("floor")?.[i]?.cpuMs;
    const ours = measured.get("keelson")?.[i];
    const times = (ms, other) => (other === undefined ? "" : (ms / other).toFixed(2));
    return [
      contenders[key].name,
      result.label,
      (result.cpuMs / 1e3).toFixed(2),
      times(result.cpuMs, floor),
      times(result.cpuMs, ours?.cpuMs),
      (result.wallMs / 1e3).toFixed(2),
      times(result.wallMs, ours?.wallMs),
      result.embedded,
      result.peakMb.toFixed(0),
    ];
  }),
);
for (const line of [head, head.map(() => "---"), ...rows]) console.log(`| ${line.join(" | ")} |`);
