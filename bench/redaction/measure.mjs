// What is measured, the same way for all: from the output text alone, since most contenders give no more.

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const tryRedact = async (contender, text) => {
  try {
    return await contender.redact(text);
  } catch {
    return undefined;
  }
};

/** Is nothing of a value left: no four letters or digits of it in a row? */
function isGone(value, output) {
  const runs = value.match(/[\p{L}\p{N}]+/gu) ?? [];
  const pieces = runs.flatMap((run) => (run.length < 4 ? [] : [run.slice(0, 4), run.slice(-4)]));
  return !output.includes(value) && pieces.every((piece) => !output.includes(piece));
}

/** By type, which share of values is gone. A text that a contender throws on counts as left as it was. */
export async function masked(contender, documents) {
  const counts = new Map();
  let throws = 0;
  for (const { type, value, text } of documents) {
    const output = await tryRedact(contender, text);
    if (output === undefined) throws += 1;
    const [gone, all] = counts.get(type) ?? [0, 0];
    counts.set(type, [gone + (isGone(value, output ?? text) ? 1 : 0), all + 1]);
  }
  return {
    shares: Object.fromEntries([...counts].map(([type, [gone, all]]) => [type, (100 * gone) / all])),
    throws,
  };
}

/** How many of a hundred documents without any value are changed. */
export async function changed(contender, texts) {
  let count = 0;
  for (const text of texts) if (((await tryRedact(contender, text)) ?? text) !== text) count += 1;
  return (100 * count) / texts.length;
}

/** How many of a hundred outputs change when they are redacted again. */
export async function unstable(contender, documents) {
  let count = 0;
  for (const { text } of documents) {
    const once = (await tryRedact(contender, text)) ?? text;
    if (((await tryRedact(contender, once)) ?? once) !== once) count += 1;
  }
  return (100 * count) / documents.length;
}

/** Million code units a second of CPU time. */
export async function speed(contender, texts, budgetMs) {
  for (const text of texts.slice(0, 50)) await tryRedact(contender, text);
  let length = 0;
  const started = cpuMs();
  for (let at = 0; cpuMs() - started < budgetMs; at = (at + 1) % texts.length) {
    await tryRedact(contender, texts[at]);
    length += texts[at].length;
  }
  return length / 1_000 / (cpuMs() - started);
}

/** The worst of the hostile inputs: how the time grows from 1,000 to 10,000 code units (1 is linear, 2 quadratic). */
export async function worstCase(contender, units) {
  const best = async (text, tries) => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < tries; i += 1) {
      const started = process.hrtime.bigint();
      await tryRedact(contender, text);
      least = Math.min(least, Number(process.hrtime.bigint() - started) / 1e6);
    }
    return least;
  };
  let worst = { unit: "", ms: 0, exponent: 0 };
  for (const unit of units) {
    const text = (length) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
    const small = await best(text(1_000), 12);
    const ms = await best(text(10_000), small > 5 ? 1 : 8);
    if (ms > worst.ms) worst = { unit, ms, exponent: Math.log10(ms / small) };
  }
  return worst;
}
