import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cutPowerEverywhere } from "../../packages/adapters-fs/test/power-cut.ts";
import { flipRandomBits } from "../../packages/adapters-fs/test/random-flips.ts";
import { killLoop } from "./kill-loop.ts";
import { cutPower } from "./power-cuts.ts";
import { scenarios } from "./scenarios.ts";
import { ownerStopped, secondOwner } from "./two-processes.ts";

// `npm run torture -- --kills 1000 --cuts 50 --traces 10 --flips 1000 --seed 1`. It ends with an error at the first
// violation; so what it prints in the end went well.
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    cuts: { type: "string", default: "50" },
    traces: { type: "string", default: "10" },
    flips: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
  },
});
const [kills, cuts, traces, flips, seed] = [
  values.kills,
  values.cuts,
  values.traces,
  values.flips,
  values.seed,
].map(Number) as [number, number, number, number, number];
const child = join(dirname(fileURLToPath(import.meta.url)), "child.js");
const report = (fault: string, tried: string, outcome: string): void =>
  console.log(`| ${fault} | ${tried} | ${outcome} |`);

report("fault", "tried", "outcome");
report("---", "---", "---");
const names = Object.keys(scenarios);
for (const [at, scenario] of names.entries()) {
  const share = Math.floor(kills / names.length) + (at < kills % names.length ? 1 : 0);
  if (share === 0) continue;
  const counts = await killLoop({ child, scenario, kills: share, seed: seed + at });
  report(
    `kill -9 in the middle of ${scenario}`,
    `${counts.kills} kills, ${counts.told} lines told`,
    "0 lost, 0 failed opens",
  );
}

for (let trace = 0; trace < traces; trace++) {
  const options = { seed: seed + trace, writes: 200, statesAtOnce: 12, cutRecoveryEvery: 200 };
  const { moments, states } = await cutPowerEverywhere(options);
  report(
    `unsynced writes and names lost or reordered, trace ${seed + trace}`,
    `200 writes, ${moments} moments, ${states} states`,
    "0 violations",
  );
}
if (flips > 0) {
  const { told, harmless } = await flipRandomBits(seed, flips);
  report("one flipped bit, big store", `${flips} flips`, `${told} told, ${harmless} harmless, 0 silent`);
}
if (cuts > 0) {
  let reason = "";
  const met = await cutPower(child, cuts, seed, (why) => {
    reason = why;
  });
  if (met === undefined) report("power cut of a loop-mounted ext4", "not possible here", reason.trim());
  else
    report(
      "power cut of a loop-mounted ext4",
      `${met.cuts} cuts, ${met.acknowledged} acknowledged`,
      "0 lost",
    );
}

const place = await mkdtemp(join(tmpdir(), "keelson-torture-"));
try {
  await secondOwner(child, join(place, "shared"));
  report("second process", "1", "refused with the owner's process id");
  for (let times = 0; times < 5; times++) await ownerStopped(child, join(place, `stopped-${times}`));
  report("owner stopped, lock taken over, owner continued", "5", "0 mixed writes");
} finally {
  await rm(place, { recursive: true, force: true });
}
