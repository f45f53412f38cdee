import type { SecretWarning } from "@keelson/secrets";
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

  it("is as long as asked for after a clock was wrongly ahead for a while", async () => {
    const { store, clock, reopen } = openStore();
    const honest = clock.now();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    clock.setNow(honest + 50 * MINUTE);
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

describe("a clock that jumps forward", () => {
  const jumpy = () => {
    const warnings: SecretWarning[] = [];
    return { warnings, ...openStore({ onWarning: (warning) => void warnings.push(warning) }) };
  };

  it("ends no window early, and is told of once", async () => {
    const { store, clock, warnings } = jumpy();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 2 * MINUTE, value: "two" });
    const honest = clock.now();
    clock.setNow(honest + 3650 * DAY);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["one", "two"]);
    await clock.advance(MINUTE);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["one", "two"]);
    expect(warnings).toEqual([{ type: "clock-jumped", expectedMs: honest, actualMs: honest + 3650 * DAY }]);
    expect((await store.status("api")).clockJump).toEqual({
      expectedMs: honest + MINUTE,
      actualMs: honest + 3650 * DAY + MINUTE,
    });
  });

  it("does not keep a window open for longer than it is", async () => {
    const { store, clock } = jumpy();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 2 * MINUTE, value: "two" });
    clock.setNow(clock.now() + DAY);
    await clock.advance(2 * MINUTE);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
  });

  it("opens no window, but keeps nobody from rotating without one, expiring or revoking", async () => {
    const { store, clock } = jumpy();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 2 * MINUTE, value: "two" });
    const expectedMs = clock.now();
    clock.setNow(expectedMs + DAY);
    await expect(
      store.rotate("api", { graceMs: MINUTE, value: "three", onOverlap: "keep-each-deadline" }),
    ).rejects.toMatchObject({
      code: "CLOCK_JUMPED",
      details: { expectedMs, actualMs: expectedMs + DAY },
    });
    await store.rotate("api", { graceMs: 0, value: "three", onOverlap: "revoke-previous" });
    expect(await accepted(store, "api", ["one", "two", "three"])).toEqual(["three"]);
  });

  it("is believed once it has come back, when told so, and by a process that starts", async () => {
    const { store, clock, warnings, reopen } = jumpy();
    const honest = clock.now();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 2 * MINUTE, value: "two" });
    clock.setNow(honest + DAY);
    await accepted(store, "api", ["one"]);
    clock.setNow(honest + MINUTE);
    expect((await store.status("api")).clockJump).toBeUndefined();
    clock.setNow(honest + DAY);
    await accepted(store, "api", ["one"]);
    expect(warnings).toHaveLength(2);
    store.trustClock();
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
    await store.rotate("api", { graceMs: MINUTE, value: "three" });
    clock.setNow(honest + 2 * DAY);
    expect(await accepted(reopen(), "api", ["two", "three"])).toEqual(["three"]);
  });

  it("is followed in steps that are small enough, and always where that was asked for", async () => {
    const { store, clock, warnings } = jumpy();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 90 * MINUTE, value: "two" });
    clock.setNow(clock.now() + 60 * MINUTE);
    expect(await accepted(store, "api", ["one"])).toEqual(["one"]);
    clock.setNow(clock.now() + 30 * MINUTE);
    expect(await accepted(store, "api", ["one"])).toEqual([]);
    expect(warnings).toEqual([]);

    const trusting = openStore({ maxJumpMs: Number.POSITIVE_INFINITY });
    await trusting.store.put("api", "one");
    await trusting.store.rotate("api", { graceMs: MINUTE, value: "two" });
    trusting.clock.setNow(trusting.clock.now() + 3650 * DAY);
    expect(await accepted(trusting.store, "api", ["one"])).toEqual([]);
  });

  it("needs a bound that is a number", () => {
    expect(() => openStore({ maxJumpMs: -1 })).toThrow(
      expect.objectContaining({
        code: "ARGUMENT_INVALID",
        details: expect.objectContaining({ argument: "maxJumpMs" }),
      }),
    );
  });
});
