// What the time of a verification tells: npm run timing. Each round is a process of its own, since one process lays its
// code and its objects out in one way: a difference that is real is the same in all of them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createManualClock, createMemoryStorage } from "./build.mjs";
import { delayed, joseKeySet, keelson, leaky, twoSlots } from "./contenders.mjs";
import { limitsOf, measure, mostTelling } from "./dudect.mjs";
import { printTable } from "./table.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SAMPLES = Number(process.env.SAMPLES ?? 500_000);
const CONTENDERS = {
  keelson: (clock) => keelson(createMemoryStorage(), clock),
  "no state": (clock) => keelson({ backend: createMemoryStorage().secrets }, clock),
  leak: async (clock) => leaky(await keelson(createMemoryStorage(), clock)),
  delay: async (clock) => delayed(await keelson(createMemoryStorage(), clock), 15),
  slots: twoSlots,
  jose: joseKeySet,
};
// The first three cannot differ.
const PAIRS = [
  ["right", "right again"],
  ["old", "old again"],
  ["wrong", "wrong again"],
  ["right", "wrong"],
  ["right", "nearly right"],
  ["right", "old"],
  ["nearly right", "wrong"],
];

if (process.send === undefined) await parent();
else await child();

async function parent() {
  const named = process.env.CONTENDERS?.split(",") ?? Object.keys(CONTENDERS);
  const rows = [];
  for (const name of named) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const worker = fork(new URL(import.meta.url), [name], { execArgv: ["--expose-gc"] });
      rounds.push((await once(worker, "message"))[0]);
    }
    const row = { contender: rounds[0].contender };
    PAIRS.forEach((pair, i) => {
      row[pair.join(" or ")] = summary(rounds.map(({ tests }) => tests[i]));
    });
    rows.push(row);
  }
  printTable(rows);
}

/** Every round's t, and the mean of the differences. */
function summary(tests) {
  const ts = tests.map(({ t }) => t.toFixed(1)).join(" ");
  return `${ts} (${tests.map(({ ns }) => ns.toFixed(0)).join(" ")} ns)`;
}

async function child() {
  const contender = await CONTENDERS[process.argv[2]](createManualClock());
  const old = contender.key();
  await contender.rotate();
  const right = contender.key();
  const nearly = right.slice(0, -2) + (right.at(-2) === "A" ? "B" : "A") + right.at(-1);
  const makers = {
    right: () => right,
    old: () => old,
    "nearly right": () => nearly,
    wrong: () => contender.wrong?.() ?? randomText(right.length),
  };
  // Each twice: the second is the control. And as many of each, so that a processor guesses as well for any of them.
  const classes = Object.fromEntries(
    Object.entries(makers).flatMap(([name, make]) => [
      [name, make],
      [`${name} again`, make],
    ]),
  );
  const names = Object.keys(classes);
  const samples = SAMPLES / (contender.slow ? 50 : 1);
  const limits = limitsOf(await measure(contender.verify, classes, Math.ceil(samples / 5)));
  const run = await measure(contender.verify, classes, samples);
  const tests = PAIRS.map(([a, b]) => mostTelling(run, limits, names.indexOf(a), names.indexOf(b)));
  process.send({ contender: contender.name, tests });
  process.disconnect();
}

function randomText(length) {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)))
    .toString("base64url")
    .slice(0, length);
}
