import { describe, expect, it } from "vitest";
import { bench, codeOf } from "./support.ts";

describe("ReleaseManager.promote", () => {
  it("makes a release live, and what was live the rollback target", async () => {
    const { manager } = await bench();
    expect(await manager.live()).toBeUndefined();
    expect(await manager.rollbackTarget()).toBeUndefined();
    expect(await manager.promote("v1")).toEqual({ moved: true, live: "v1" });
    expect(await manager.rollbackTarget()).toBeUndefined();
    expect(await manager.promote("v2", { by: "ana", why: "better" })).toEqual({
      moved: true,
      live: "v2",
      from: "v1",
    });
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
  });

  it("changes nothing when the release is live already", async () => {
    const { manager } = await bench({ promoted: 2 });
    const before = await manager.history();
    expect(await manager.promote("v2")).toEqual({ moved: false, live: "v2" });
    expect(await manager.history()).toEqual(before);
    expect((await manager.rollbackTarget())?.name).toBe("v1");
  });

  it("refuses a release that is not registered, and one that its caller expected another before", async () => {
    const { manager } = await bench({ promoted: 1 });
    expect(await codeOf(manager.promote("v9"))).toBe("RELEASE_NOT_FOUND");
    expect(await codeOf(manager.promote("v3", { expect: "v2" }))).toBe("RELEASE_STATE_INVALID");
    expect(await codeOf(manager.promote("v1", { expect: "v2" }))).toBe("RELEASE_STATE_INVALID");
    expect(await manager.promote("v3", { expect: "v1" })).toMatchObject({ live: "v3" });
  });

  it("lets one of two at once win", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const codes = await Promise.all([codeOf(manager.promote("v2")), codeOf(another().promote("v3"))]);
    expect(codes.filter((code) => code === "RELEASE_CONFLICT")).toHaveLength(1);
    expect(await manager.history({ types: ["promoted"] })).toHaveLength(2);
  });

  it("does not fail for a registration at the same time", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const other = another();
    const [moved] = await Promise.all([
      manager.promote("v2"),
      ...Array.from({ length: 5 }, (_, i) => other.register(`extra${i}`, { prompt: i, model: "m" })),
    ]);
    expect(moved).toEqual({ moved: true, live: "v2", from: "v1" });
    expect((await manager.verifyAudit()).valid).toBe(true);
  });
});

describe("ReleaseManager.rollback", () => {
  it("goes back to what the last promotion replaced", async () => {
    const { manager } = await bench({ promoted: 2 });
    expect(await manager.rollback({ by: "bo", why: "complaints" })).toEqual({
      moved: true,
      live: "v1",
      from: "v2",
    });
    expect((await manager.live())?.name).toBe("v1");
    const [event] = await manager.history({ types: ["rolledBack"] });
    expect(event).toMatchObject({ release: "v1", previous: "v2", by: "bo", why: "complaints" });
  });

  it("undoes one step once: called again it changes nothing", async () => {
    const { manager, another } = await bench({ promoted: 3 });
    await manager.rollback();
    expect(await manager.rollbackTarget()).toBeUndefined();
    const before = await manager.history();
    expect(await manager.rollback()).toEqual({ moved: false, live: "v2" });
    expect(await another().rollback()).toEqual({ moved: false, live: "v2" });
    expect(await manager.history()).toEqual(before);
  });

  it("moves once when two alarms ring at once", async () => {
    const { manager, another } = await bench({ promoted: 3 });
    const results = await Promise.all([manager.rollback(), another().rollback(), another().rollback()]);
    expect(results.filter(({ moved }) => moved)).toHaveLength(1);
    expect(results.every(({ live }) => live === "v2")).toBe(true);
  });

  it("has a target again after the next promotion", async () => {
    const { manager } = await bench({ promoted: 2 });
    await manager.rollback();
    await manager.promote("v3");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
    expect(await manager.rollback()).toEqual({ moved: true, live: "v1", from: "v3" });
  });

  it("goes further back to a release it is told, if that was live before", async () => {
    const { manager } = await bench({ promoted: 3 });
    expect(await manager.rollback({ to: "v1" })).toEqual({ moved: true, live: "v1", from: "v3" });
    expect(await manager.rollback({ to: "v1" })).toEqual({ moved: false, live: "v1" });
    expect(await manager.rollback({ to: "v2" })).toEqual({ moved: true, live: "v2", from: "v1" });
    expect(await codeOf(manager.rollback({ to: "v9" }))).toBe("RELEASE_NOT_FOUND");
    await manager.register("v4", { prompt: "v4", model: "m" });
    expect(await codeOf(manager.rollback({ to: "v4" }))).toBe("RELEASE_STATE_INVALID");
  });

  it("says so where there is nothing to go back to", async () => {
    const { manager } = await bench();
    expect(await codeOf(manager.rollback())).toBe("RELEASE_NOT_LIVE");
    await manager.promote("v1");
    expect(await codeOf(manager.rollback())).toBe("ROLLBACK_TARGET_MISSING");
    expect((await manager.live())?.name).toBe("v1");
  });
});
