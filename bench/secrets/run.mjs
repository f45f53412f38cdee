// Prints what a hundred rotations under load cost and break, and how fast a key is verified.
import { createManualClock, createMemoryStorage } from "./build.mjs";
import { joseKeySet, keelson, twoSlots } from "./contenders.mjs";
import { printTable } from "./table.mjs";

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

const rows = [];
for (const make of [
  (clock) => keelson(createMemoryStorage(), clock),
  (clock) => keelson({ backend: createMemoryStorage().secrets }, clock),
  twoSlots,
  joseKeySet,
]) {
  const clock = createManualClock();
  const contender = await make(clock);
  const scale = contender.slow ? 50 : 1;
  const verifies = Math.max(total / scale, 8_000);
  const load = await underLoad(contender, clock, verifies);
  rows.push({
    contender: contender.name,
    verifies,
    "failed in the window": load.failed,
    "accepted after the end": load.acceptedAfterEnd,
    "per second, rotating": load.perSecond,
    "per second": await speed(contender, 200_000 / scale),
  });
}
printTable(rows);
