// Prints what a hundred rotations under load cost and break, how fast a key is verified, and what its time tells: npm start
import { createManualClock, createMemoryStorage } from "./build.mjs";
import { joseKeySet, keelson, twoSlots } from "./contenders.mjs";

const ROTATIONS = 100;
const CONSUMERS = 8;
const total = Number(process.env.VERIFIES ?? 1_000_000);

/** Consumers take up each new key at a moment of their own inside the window. The old one is ended, then tried again. */
async function underLoad(contender, clock, verifies) {
  const held = Array.from({ length: CONSUMERS }, () => contender.key());
  const perRotation = Math.ceil(verifies / ROTATIONS / CONSUMERS) * CONSUMERS;
  let failed = 0;
  let acceptedAfterEnd = 0;
  const started = process.cpuUsage();
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    const old = contender.key();
    await contender.rotate();
    for (let i = 0; i < perRotation; i++) {
      const consumer = i % CONSUMERS;
      // One after the other they move, the last with its last call in the window.
      const moves = Math.floor((perRotation / CONSUMERS - 1) * ((consumer + 1) / CONSUMERS));
      if (Math.floor(i / CONSUMERS) >= moves) held[consumer] = contender.key();
      if (!(await contender.verify(held[consumer]))) failed += 1;
    }
    await clock.advance(1_000);
    await contender.end();
    for (let i = 0; i < 10; i++) if (await contender.verify(old)) acceptedAfterEnd += 1;
  }
  const { user, system } = process.cpuUsage(started);
  return {
    failed,
    acceptedAfterEnd,
    perSecond: Math.round((perRotation * ROTATIONS * 1e6) / (user + system)),
  };
}

/** CPU time of verifying alone. */
async function speed(contender, verifies) {
  const key = contender.key();
  for (let i = 0; i < verifies / 4; i++) await contender.verify(key);
  const started = process.cpuUsage();
  for (let i = 0; i < verifies; i++) await contender.verify(key);
  const { user, system } = process.cpuUsage(started);
  return Math.round((verifies * 1e6) / (user + system));
}

/**
 * Welch's t between the times of two classes of input, taken in random order, the slowest tenth left out, as dudect does
 * (Reparaz, Balasch, Verbauwhede 2017). Beyond 4.5 the times differ.
 */
async function welch(contender, a, b, samples) {
  const times = [[], []];
  const inputs = [a, b];
  for (let i = 0; i < samples * 1.1; i++) {
    const pick = Math.random() < 0.5 ? 0 : 1;
    const input = inputs[pick];
    const start = process.hrtime.bigint();
    await contender.verify(input);
    const taken = Number(process.hrtime.bigint() - start);
    if (i > samples * 0.1) times[pick].push(taken);
  }
  const all = times.flat().sort((x, y) => x - y);
  const limit = all[Math.floor(all.length * 0.9)];
  const [x, y] = times.map((list) => {
    const kept = list.filter((time) => time <= limit);
    const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
    const variance = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1);
    return { mean, error: variance / kept.length };
  });
  return { t: (x.mean - y.mean) / Math.sqrt(x.error + y.error), ns: x.mean - y.mean };
}

const rows = [];
for (const make of [
  (clock) => keelson(createMemoryStorage(), clock),
  (clock) => keelson({ secrets: createMemoryStorage().secrets }, clock),
  twoSlots,
  joseKeySet,
]) {
  const clock = createManualClock();
  const contender = await make(clock);
  const scale = contender.slow ? 50 : 1;
  const verifies = Math.max(total / scale, 8_000);
  const load = await underLoad(contender, clock, verifies);
  const old = contender.key();
  await contender.rotate();
  const right = contender.key();
  const middle = Math.floor(right.length / 2);
  const nearly = right.slice(0, -1) + (right.endsWith("A") ? "B" : "A");
  const wrong = right.slice(0, middle).replaceAll(/./g, "z") + right.slice(middle);
  const samples = 200_000 / scale;
  const differ = {
    "wrong early or late": await welch(contender, wrong, nearly, samples),
    "right or wrong": await welch(contender, right, wrong, samples),
    "right or old": await welch(contender, right, old, samples),
  };
  const t = Object.fromEntries(
    Object.entries(differ).map(([pair, { t, ns }]) => [
      `t: ${pair}`,
      `${t.toFixed(1)} (${ns.toFixed(0)} ns)`,
    ]),
  );
  rows.push({
    contender: contender.name,
    verifies,
    "failed in the window": load.failed,
    "accepted after the end": load.acceptedAfterEnd,
    "per second, rotating": load.perSecond,
    "per second": await speed(contender, 200_000 / scale),
    ...t,
  });
}
const columns = Object.keys(rows[0]);
for (const line of [
  columns,
  columns.map(() => "---"),
  ...rows.map((row) => columns.map((column) => row[column])),
])
  console.log(`| ${line.join(" | ")} |`);
