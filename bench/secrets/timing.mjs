// What the time of a verification tells: npm run timing
import { createManualClock, createMemoryStorage } from "./build.mjs";
import { joseKeySet, keelson, leaky, twoSlots } from "./contenders.mjs";
import { dudect } from "./dudect.mjs";
import { printTable } from "./table.mjs";

/** Each pair of keys, and as the control one that cannot differ. */
async function timing(contender, samples) {
  const old = contender.key();
  await contender.rotate();
  const right = contender.key();
  const nearly = right.slice(0, -2) + (right.at(-2) === "A" ? "B" : "A") + right.at(-1);
  const random = () => contender.wrong?.() ?? randomText(right.length);
  const pairs = {
    "right or right": [() => right, () => right],
    "wrong late or anywhere": [() => nearly, random],
    "right or wrong": [() => right, random],
    "right or old": [() => right, () => old],
  };
  const row = {};
  for (const [pair, classes] of Object.entries(pairs)) {
    const { t, ns } = await dudect(contender.verify, classes, samples);
    row[`t: ${pair}`] = `${t.toFixed(1)} (${ns.toFixed(0)} ns)`;
  }
  return row;
}

function randomText(length) {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
    .toString("base64url")
    .slice(0, length);
}

const rows = [];
for (const make of [
  (clock) => keelson(createMemoryStorage(), clock),
  (clock) => keelson({ backend: createMemoryStorage().secrets }, clock),
  async (clock) => leaky(await keelson(createMemoryStorage(), clock)),
  twoSlots,
  joseKeySet,
]) {
  const contender = await make(createManualClock());
  rows.push({
    contender: contender.name,
    ...(await timing(contender, Number(process.env.SAMPLES ?? 200_000) / (contender.slow ? 50 : 1))),
  });
}
printTable(rows);
