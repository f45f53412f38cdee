import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore } from "./support/open-store.ts";

const DAY = 24 * 60 * MINUTE;

describe("a window and the clock", () => {
  it.each(["verify of the old value", "verify of the new value", "verify of a wrong value", "status"])(
    "stays closed after %s has seen it closed, whatever the clock then shows, also after a restart",
    async (seen) => {
      const { store, clock, reopen } = openStore();
      await store.put("api", "one");
      await store.rotate("api", { graceMs: MINUTE, value: "two" });
      const rotatedAtMs = clock.now();
      await clock.advance(MINUTE);
      if (seen === "status") await store.status("api");
      else await store.verify("api", seen.includes("old") ? "one" : seen.includes("new") ? "two" : "three");
      for (const now of [rotatedAtMs, rotatedAtMs + 1, rotatedAtMs - DAY, 0]) {
        clock.setNow(now);
        expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
        expect(await accepted(reopen(), "api", ["one", "two"])).toEqual(["two"]);
      }
    },
  );

  it("stays closed after a rotation has found it over", async () => {
    const { store, clock, reopen } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await clock.advance(MINUTE);
    await store.rotate("api", { graceMs: MINUTE, value: "three" });
    clock.setNow(clock.now() - MINUTE);
    expect(await accepted(reopen(), "api", ["one", "two", "three"])).toEqual(["two", "three"]);
  });

  it("lasts longer by as much as the clock is set back while it is open", async () => {
    const { store, clock, reopen } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    clock.setNow(clock.now() - MINUTE);
    await clock.advance(2 * MINUTE - 1);
    expect(await accepted(reopen(), "api", ["one"])).toEqual(["one"]);
    await clock.advance(1);
    expect(await accepted(reopen(), "api", ["one"])).toEqual([]);
  });

  it("is as long as asked for after a clock was wrongly far ahead for a while", async () => {
    const { store, clock, reopen } = openStore();
    const honest = clock.now();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    clock.setNow(honest + 3650 * DAY);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
    clock.setNow(honest);
    await store.rotate("api", { graceMs: MINUTE, value: "three" });
    expect(await accepted(reopen(), "api", ["one", "two", "three"])).toEqual(["two", "three"]);
    await clock.advance(MINUTE);
    expect(await accepted(reopen(), "api", ["one", "two", "three"])).toEqual(["three"]);
  });

  it("takes times that are no whole milliseconds", async () => {
    const { store, clock, reopen } = openStore();
    clock.setNow(1000.25);
    await store.put("api", "one");
    const { previousExpiresAtMs } = await store.rotate("api", { graceMs: 10, value: "two" });
    expect(previousExpiresAtMs).toBe(1010.25);
    clock.setNow(1010);
    expect(await accepted(reopen(), "api", ["one"])).toEqual(["one"]);
    clock.setNow(1010.25);
    expect(await accepted(reopen(), "api", ["one"])).toEqual([]);
  });
});
