// Prints Keelson's filesystem storage beside its peers: npm start, or npm start load | put | open
import { execFileSync } from "node:child_process";
import { contenders, directoryOf, diskBytes, freshDirectory } from "./contenders.mjs";
import { createDocuments, payloadBytes } from "./payload.mjs";

const [part, name] = process.argv.slice(2);
const COUNT = Number(process.env.DOCUMENTS ?? 100_000);
const BATCH = 1_000;

/** Loads everything in durable batches, then replaces a third, deletes a tenth, and compacts. */
async function load(all) {
  const documents = createDocuments(COUNT);
  const bytes = payloadBytes(documents);
  console.log(`Loading ${COUNT} documents, ${(bytes / 1e6).toFixed(0)} MB, ${BATCH} to a durable batch\n`);
  const rows = [];
  for (const { name: contender, durable, open } of all) {
    const directory = freshDirectory(contender);
    const store = await open(directory);
    const began = performance.now();
    for (let at = 0; at < COUNT; at += BATCH) await store.load(documents.slice(at, at + BATCH));
    const seconds = (performance.now() - began) / 1000;
    await store.close();
    rows.push({
      contender,
      durable,
      "docs/s": Math.round(COUNT / seconds),
      disk: diskBytes(directory) / bytes,
    });
  }
  const best = Math.max(
    ...rows
      .slice(1)
      .filter(({ durable }) => durable)
      .map((row) => row["docs/s"]),
  );
  for (const row of rows) row["of the fastest durable peer"] = ratio(row["docs/s"] / best);
  for (const row of rows) row.disk = `${ratio(row.disk)} of the payload`;
  console.table(rows);

  const kept = [...createDocuments(COUNT / 3, 2), ...documents.slice(Math.ceil(COUNT / 3))];
  const gone = new Set(kept.slice(-COUNT / 10).map(({ id }) => id));
  const left = payloadBytes(kept.filter(({ id }) => !gone.has(id)));
  console.log("Room after a third was replaced, a tenth deleted, and all compacted\n");
  const rooms = [];
  for (const { name: contender, open } of all.slice(0, 3)) {
    const store = await open(directoryOf(contender));
    for (let at = 0; at < COUNT / 3; at += BATCH)
      await store.load(kept.slice(at, Math.min(at + BATCH, COUNT / 3)));
    const ids = [...gone];
    for (let at = 0; at < ids.length; at += BATCH) await store.delete(ids.slice(at, at + BATCH));
    const before = diskBytes(directoryOf(contender));
    const began = performance.now();
    await store.compact();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    await store.close();
    const after = diskBytes(directoryOf(contender));
    rooms.push({ contender, before: ratio(before / left), after: ratio(after / left), seconds });
  }
  console.table(rooms);
}

/** One durable write after the other, put by put in turn, then 32 writers at once. */
async function put(all) {
  const durable = all.filter((contender) => contender.durable);
  const stores = [];
  for (const { name: contender, open } of durable)
    stores.push(await open(freshDirectory(`put-${contender}`)));
  const documents = createDocuments(1_000);
  const times = stores.map(() => []);
  // In every order as often: a put is slower behind one that left the caches full of something else.
  const orders = permutations([...stores.keys()]);
  for (let n = 0; n < 1_500; n++) {
    for (const i of orders[n % orders.length]) {
      const began = performance.now();
      await stores[i].put(documents[n % 1_000]);
      if (n >= 100) times[i].push(performance.now() - began);
    }
  }
  const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(q * list.length)];
  const median = quantile(times[1], 0.5);
  console.log("Single durable puts, in turn, in milliseconds\n");
  console.table(
    durable.map(({ name: contender }, i) => ({
      contender,
      p50: ratio(quantile(times[i], 0.5)),
      p90: ratio(quantile(times[i], 0.9)),
      p99: ratio(quantile(times[i], 0.99)),
      "p50 of SQLite's": ratio(quantile(times[i], 0.5) / median),
    })),
  );

  // In turns of half a second each, so that a slow moment of the disk meets all.
  const counts = durable.flatMap(({ name: contender }) =>
    [1, 32].map((writers) => ({ contender, writers, puts: 0, ms: 0 })),
  );
  for (let round = 0; round < 8; round++) {
    for (const count of counts) {
      const store = stores[durable.findIndex(({ name: each }) => each === count.contender)];
      const began = performance.now();
      let n = 0;
      const write = async () => {
        for (; performance.now() - began < 500; count.puts++) {
          await store.put(documents[n++ % 1_000]);
          // SQLite answers at once: the other writers are to have their turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await Promise.all(Array.from({ length: count.writers }, write));
      count.ms += performance.now() - began;
    }
  }
  console.log("Durable puts a second, by one writer and by 32 at once\n");
  const alone = counts[0].puts / counts[0].ms;
  console.table(
    counts.map(({ contender, writers, puts, ms }) => ({
      contender,
      writers,
      "puts/s": Math.round((1000 * puts) / ms),
      "of Keelson's one writer": ratio(puts / ms / alone),
    })),
  );
  for (const store of stores) await store.close();
}

/** Opens stores of all documents, each time in a process of its own, and reads one document. */
async function open(all) {
  const documents = createDocuments(COUNT);
  for (const { name: contender, open: begin } of all) {
    const store = await begin(freshDirectory(`open-${contender}`));
    for (let at = 0; at < COUNT; at += BATCH) await store.load(documents.slice(at, at + BATCH));
    await store.close();
  }
  console.log(
    `Opening ${COUNT} documents and a first read, warm, in milliseconds: the best and the middle of 7 processes\n`,
  );
  const rows = [];
  for (const { name: contender } of all) {
    const args = [import.meta.filename, "one", contender];
    const times = Array.from({ length: 8 }, () =>
      JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })),
    );
    const sorted = (key) =>
      times
        .slice(1)
        .map((time) => Math.round(time[key]))
        .sort((a, b) => a - b);
    const [opened, settled] = [sorted("opened"), sorted("settled")];
    const all = settled[0] > 0 && { "all texts in memory, best": settled[0], "and middle": settled[3] };
    rows.push({ contender, best: opened[0], middle: opened[3], ...all });
  }
  console.table(rows);
}

async function openOne(all) {
  const contender = all.find((each) => each.name === name);
  const began = performance.now();
  const store = await contender.open(directoryOf(`open-${contender.name}`));
  const text = await store.get("doc-00004242");
  const opened = performance.now() - began;
  if (typeof text !== "string" || text.length === 0) throw new Error("nothing to read");
  await store.settled?.();
  const settled = store.settled && performance.now() - began;
  console.log(JSON.stringify({ opened, settled }));
  await store.close();
}

function permutations(list) {
  if (list.length < 2) return [list];
  return list.flatMap((first) =>
    permutations(list.filter((each) => each !== first)).map((rest) => [first, ...rest]),
  );
}

function ratio(number) {
  return Number(number.toFixed(2));
}

const all = await contenders();
if (part === "one") await openOne(all);
else
  for (const [key, work] of Object.entries({ load, put, open }))
    if (part === undefined || part === key) await work(all);
