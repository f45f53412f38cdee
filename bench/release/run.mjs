// Prints what Keelson's gates and guards promise and keep, beside the policies of peers: npm start, or npm start R3
import { keelson } from "./keelson.mjs";
import { FAMILIES, falsePromotions, falseRollbacks, guardAlarms, mismatches, offline } from "./looks.mjs";
import { POLICIES } from "./policies.mjs";
import { byKeelson, byPolicy, calibrate, ramps, summary } from "./ramp.mjs";

const { fixedPaired, mannWhitney, pointEstimate, sequential } = keelson;
const [wanted, scale = "1"] = process.argv.slice(2);
const RUNS = Math.round(2_000 * Number(scale));

const percent = (share) => `${(100 * share).toFixed(2)} %`;
const middle = (counts) => counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)];
/** A share that holds up to `limit`, with three standard errors of the runs. */
const upTo = (share, limit) =>
  share <= limit + 3 * Math.sqrt((limit * (1 - limit)) / RUNS)
    ? `${percent(share)}`
    : `${percent(share)} FAILS`;
const within = (figure, limit) => `${figure.toFixed(1)}${Math.round(figure) <= limit ? "" : " FAILS"}`;

function table(title, head, rows) {
  console.log(`\n${title}\n`);
  for (const row of [head, head.map(() => "---"), ...rows]) console.log(`| ${row.join(" | ")} |`);
}

const sections = {
  R1() {
    const rows = FAMILIES.map((family) => {
      const { count, peeked } = falseRollbacks(family, 0, RUNS);
      return [family.name, upTo(count / RUNS, 0.05), percent(peeked / RUNS)];
    });
    table(
      `R1. Rolled back without a change within 20,000 looks, ${RUNS} runs (5 % is promised)`,
      ["scores", "sequential", "paired t, peeked at"],
      rows,
    );
  },
  R2() {
    const rows = FAMILIES.map((family) => {
      const at = { ...family, delta: -0.05, cases: 200, runs: RUNS, seed: 5 };
      const others = [pointEstimate({ tolerance: 0.05 }), fixedPaired(), mannWhitney()];
      return [
        family.name,
        upTo(falsePromotions(family, 0, RUNS) / RUNS, 0.05),
        ...others.map((gate) =>
          percent(keelson.simulate(gate, gate.id.startsWith("mann") ? { ...at, runs: 400 } : at).promote),
        ),
      ];
    });
    table(
      `R2. Promoted though worse by exactly the margin of 5 points, ${RUNS} runs (5 % is promised; the others see 200 cases)`,
      ["scores", "sequential, 5,000 cases", "means, tolerance .05", "fixed paired t", "Mann-Whitney"],
      rows,
    );
  },
  R3() {
    const deltas = [-0.02, -0.05, -0.1, -0.2, -0.6];
    const limits = { "-0.05": 344, "-0.1": 95, "-0.2": 35, "-0.6": 10 };
    const equal = ramps(0, RUNS, 0);
    const thresholds = calibrate(equal);
    const contenders = [
      { name: "keelson, guaranteed", of: byKeelson },
      ...POLICIES.flatMap(({ name, usual }, at) => [
        { name: `${name}, usual`, of: byPolicy(at, usual) },
        { name: `${name}, calibrated`, of: byPolicy(at, thresholds[at]) },
      ]),
    ];
    const columns = deltas.map((delta) => {
      // Twice as many where the counts spread most.
      const some = ramps(0, delta === -0.05 ? 2 * RUNS : RUNS, delta);
      return contenders.map(({ of }, i) => {
        const { rolledBack, served } = summary(some, of);
        const missed = rolledBack < 1 ? ` (${percent(1 - rolledBack)} missed)` : "";
        const limit = limits[String(delta)];
        return `${i === 0 && limit !== undefined ? within(served, limit) : served.toFixed(0)}${missed}`;
      });
    });
    table(
      `R3. Requests that the candidate served until its rollback, on average over ${RUNS} ramps, binary .9`,
      ["policy", "false rollbacks", ...deltas.map((delta) => `${100 * delta} points`)],
      contenders.map(({ name, of }, i) => [
        name,
        percent(summary(equal, of).rolledBack),
        ...columns.map((column) => column[i]),
      ]),
    );
  },
  R4() {
    const gates = [sequential(), pointEstimate({ tolerance: 0.05 }), fixedPaired(), mannWhitney()];
    const deltas = [0, -0.02, -0.05, -0.1, -0.2, -0.6];
    const limits = { "-0.1": 110, "-0.2": 40, "-0.6": 10 };
    const rows = gates.map((gate, i) => [
      gate.id,
      ...deltas.map((delta) => {
        const runs = gate.id.startsWith("mann") ? 400 : RUNS;
        const { promote, rollback, meanCases, saved } = offline(gate, delta, runs);
        const limit = limits[String(delta)];
        const cases = i === 0 && limit !== undefined ? within(meanCases, limit) : meanCases.toFixed(0);
        return `${(100 * rollback).toFixed(1)} / ${(100 * promote).toFixed(1)}, ${cases} cases, ${(100 * saved).toFixed(0)} % saved`;
      }),
    ]);
    table(
      "R4. A canary of 200 paired cases, binary .9, correlation .7: % rolled back / promoted",
      ["gate", ...deltas.map((delta) => `${100 * delta} points`)],
      rows,
    );
  },
  R5() {
    const runs = Math.round(RUNS / 4);
    const alarms = (worse) => guardAlarms(0, runs, worse);
    const equal = alarms({});
    const cases = [
      ["no change", {}],
      ["errors 1 % to 3 %", { errors: 0.03 }],
      ["errors 1 % to 10 %", { errors: 0.1 }],
      ["twice as slow", { slower: 2 }],
      ["1.3 times as dear", { dearer: 1.3 }],
      ["score 10 points down", { loss: 0.1 }],
    ];
    table(
      `R5. Four guards that share an alpha of 5 %, up to 5,000 pairs, ${runs} runs`,
      ["change", "alarm", "pairs, median"],
      cases.map(([name, worse]) => {
        const taken = name === "no change" ? equal : alarms(worse);
        const found = taken.filter((pairs) => pairs !== null);
        const share = found.length / runs;
        return [
          name,
          name === "no change" ? upTo(share, 0.05) : percent(share),
          middle(taken.map((pairs) => pairs ?? 5_000)),
        ];
      }),
    );
    table(
      `R5. Sample-ratio mismatch at .001 over 5,000 requests each at 1, 10 and 50 %, ${runs} runs`,
      ["split", "sequential", "requests, median", "chi-square, peeked at"],
      [1, 0.9, 0.8, 0.5, 1.3].map((factor) => {
        const taken = mismatches(0, factor === 1 ? RUNS : runs, factor);
        const share = taken.filter(({ alarm }) => alarm !== null).length / taken.length;
        const requests = middle(taken.map(({ alarm }) => alarm ?? 15_000));
        return [
          factor === 1 ? "as declared" : `${factor} times the candidate's`,
          factor === 1 ? upTo(share, 0.001) : percent(share),
          factor === 0.8 ? within(requests, 8_100) : requests,
          percent(taken.filter(({ chi }) => chi !== null).length / taken.length),
        ];
      }),
    );
  },
};

for (const [name, section] of Object.entries(sections)) {
  if (wanted === undefined || wanted === "all" || wanted === name) section();
}
