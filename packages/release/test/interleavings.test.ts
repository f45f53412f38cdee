import { describe, expect, it } from "vitest";
import { interleave } from "./interleavings.ts";

// KEELSON_INTERLEAVINGS=100000 takes about a quarter of an hour.
const count = Number(process.env["KEELSON_INTERLEAVINGS"] ?? 300);
const from = Number(process.env["KEELSON_INTERLEAVINGS_FROM"] ?? 0);

describe("workers and operators that act and crash at once", () => {
  it(`leave what one after the other would have left, in ${count} interleavings`, {
    timeout: 60_000 + count * 60,
  }, async () => {
    const seen = new Map<string, number>();
    const faults: string[] = [];
    for (let seed = from; seed < from + count; seed++) {
      const outcome = await interleave(seed);
      for (const what of outcome.seen) seen.set(what, (seen.get(what) ?? 0) + 1);
      faults.push(...outcome.violations.map((violation) => `seed ${seed}: ${violation}`));
      if (faults.length > 5) break;
    }
    expect(faults).toEqual([]);
    if (count >= 1000) console.log(`${count} interleavings:`, Object.fromEntries(seen));
    // All of it came about, or little is proven.
    for (const what of [
      ...[
        "promoted",
        "rolledBack",
        "rampStarted",
        "rampAdvanced",
        "rampBreached",
        "rampPaused",
        "rampResumed",
      ],
      ...["rampReady", "rampApproved", "registered", "crash", "lost", "completed"],
    ]) {
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
    }
  });
});
