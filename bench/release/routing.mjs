// Prints what it costs to assign a request, how evenly keys fall, and how long a rollback takes: npm run routing
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PerformanceObserver } from "node:perf_hooks";
import { fileURLToPath, pathToFileURL } from "node:url";
import { GrowthBookClient } from "@growthbook/growthbook";
import { InMemoryProvider, OpenFeature } from "@openfeature/server-sdk";
import { build } from "esbuild";
import { Unleash } from "unleash-client";

const SHARE = 0.1;
const KEYS = 100_000;

const outfile = join(mkdtempSync(join(tmpdir(), "keelson-bench-")), "release.mjs");
await build({
  stdin: {
    contents: 'export * from "@keelson/release"; export * from "@keelson/adapters-memory";',
    resolveDir: fileURLToPath(new URL("../../packages/release", import.meta.url)),
  },
  conditions: ["@keelson/source"],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile,
  logLevel: "error",
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
});
const { createReleaseManager, createMemoryStorage, murmur3 } = await import(pathToFileURL(outfile).href);

const shapes = {
  sequential: (i) => `user-${i}`,
  numeric: (i) => String(i),
  "uuid-like": (i) => {
    const hex = (seed) => murmur3(String(i), seed).toString(16).padStart(8, "0");
    return `${hex(1)}-${hex(2).slice(0, 4)}-4${hex(3).slice(0, 3)}-8${hex(4).slice(0, 3)}-${hex(5)}${hex(6).slice(0, 4)}`;
  },
  email: (i) => `person.${i}@example.com`,
  "not Latin": (i) => `用户-${i}-é🛶`,
};
// Through JSON, as keys come in requests: glued together here, they would be ropes to the engine.
const keysOf = (shape, count) =>
  JSON.parse(JSON.stringify(Array.from({ length: count }, (_, i) => shapes[shape](i))));

async function ramping(storage) {
  const manager = createReleaseManager(storage);
  for (const name of ["v1", "v2"]) await manager.register(name, { prompt: name, model: "m" });
  await manager.promote("v1");
  await manager.ramp("v2", { stages: [SHARE] });
  return manager;
}

async function contenders() {
  const router = await (await ramping(createMemoryStorage())).router();
  const keelson = (key) => router.assign(key).variant === "candidate";

  const unleash = new Unleash({
    appName: "bench",
    url: "http://localhost:1/",
    refreshInterval: 0,
    disableMetrics: true,
    bootstrap: {
      data: [
        {
          name: "ramp",
          enabled: true,
          stale: false,
          type: "release",
          project: "default",
          variants: [],
          strategies: [
            {
              name: "flexibleRollout",
              constraints: [],
              parameters: { rollout: String(100 * SHARE), stickiness: "userId", groupId: "ramp" },
            },
          ],
        },
      ],
    },
  });
  unleash.on("error", () => undefined);
  unleash.on("warn", () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const growthbook = new GrowthBookClient().initSync({
    payload: {
      features: {
        ramp: { defaultValue: false, rules: [{ force: true, coverage: SHARE, hashAttribute: "id" }] },
      },
    },
  });

  await OpenFeature.setProviderAndWait(
    new InMemoryProvider({
      ramp: {
        variants: { on: true, off: false },
        defaultVariant: "off",
        disabled: false,
        contextEvaluator: ({ targetingKey }) => (murmur3(targetingKey, 1) < SHARE * 2 ** 32 ? "on" : "off"),
      },
    }),
  );
  const openFeature = OpenFeature.getClient();

  return {
    router,
    list: [
      { name: "Keelson, router.assign(key)", assign: keelson },
      { name: "Unleash 6.12.1, flexibleRollout", assign: (userId) => unleash.isEnabled("ramp", { userId }) },
      {
        name: "GrowthBook 1.8.0, one client",
        assign: (id) => growthbook.isOn("ramp", { attributes: { id } }),
      },
      {
        name: "OpenFeature 1.23.0, in-memory provider",
        asynchronous: true,
        assign: (targetingKey) => openFeature.getBooleanValue("ramp", false, { targetingKey }),
      },
    ],
  };
}

/** CPU nanoseconds a call, the best round of two seconds: what else runs on the machine can only add. */
async function cost({ assign, asynchronous }, keys) {
  let best = Number.POSITIVE_INFINITY;
  let admitted = 0;
  for (let spentMs = 0; spentMs < 2000; ) {
    admitted = 0;
    const before = process.cpuUsage();
    if (asynchronous) for (const key of keys) admitted += (await assign(key)) ? 1 : 0;
    else for (const key of keys) admitted += assign(key) ? 1 : 0;
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / keys.length);
    spentMs += (user + system) / 1000;
  }
  return { nanoseconds: best, admitted: admitted / keys.length };
}

/** What calls leave on the heap, in bytes a call, and how often the collector ran. */
async function allocation({ assign }, keys) {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().heapUsed;
  let sum = 0;
  for (let round = 0; round < 50; round++) for (const key of keys) sum += assign(key) ? 1 : 0;
  const bytes = process.memoryUsage().heapUsed - before;
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  return { bytes: bytes / (50 * keys.length), collections, sum };
}

/** How far counts are from even, in standard deviations of chi-square. */
function unevenness(counts) {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}

const { list, router } = await contenders();
console.log(`A decision at ${100 * SHARE} %, ${KEYS} keys, CPU time, the best round of two seconds:\n`);
console.log("| router | ns | of Keelson | admitted % |\n|---|---|---|---|");
const keys = keysOf("sequential", KEYS);
let own = 0;
for (const contender of list) {
  const { nanoseconds, admitted } = await cost(contender, keys);
  own ||= nanoseconds;
  console.log(
    `| ${contender.name} | ${nanoseconds.toFixed(0)} | ${(nanoseconds / own).toFixed(1)} | ${(100 * admitted).toFixed(2)} |`,
  );
}
console.log("\nKeelson by the shape of its keys:");
for (const shape of Object.keys(shapes)) {
  const { nanoseconds } = await cost(list[0], keysOf(shape, KEYS));
  console.log(`  ${shape}: ${nanoseconds.toFixed(0)} ns`);
}
const { bytes, collections } = await allocation(list[0], keys);
console.log(`  allocated: ${bytes.toFixed(4)} bytes a call, ${collections} collections in 5 million calls`);

console.log(
  "\nEvenness of 1 million keys, z of chi-square:\n\n| keys | 100 buckets | 10,000 buckets |\n|---|---|---|",
);
for (const shape of Object.keys(shapes)) {
  const z = [100, 10_000].map((buckets) => {
    const counts = new Array(buckets).fill(0);
    for (let i = 0; i < 1_000_000; i++)
      counts[Math.floor((murmur3(shapes[shape](i), 7) / 2 ** 32) * buckets)]++;
    return unevenness(counts).toFixed(2);
  });
  console.log(`| ${shape} | ${z.join(" | ")} |`);
}

router.close();
const times = [];
for (let run = 0; run < 2000; run++) {
  const manager = await ramping(createMemoryStorage());
  const open = await manager.router();
  const key = keys.find((one) => open.assign(one).variant === "candidate");
  const before = performance.now();
  await manager.rollback();
  if (open.assign(key).variant === "candidate") throw new Error("still served");
  times.push(performance.now() - before);
  open.close();
}
times.sort((a, b) => a - b);
const quantile = (q) => times[Math.floor(q * times.length)].toFixed(2);
console.log(
  `\nFrom rollback() to a router that has left the candidate, in process, 2,000 runs: median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
);
process.exit(0);
