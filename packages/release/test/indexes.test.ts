import { createMemoryStorage } from "@keelson/adapters-memory";
import type { Bundle, BundleIndex, StateStore } from "@keelson/core";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { createReleaseManager, type ReleaseManager } from "../src/index.ts";
import { bundleOf, codeOf, type FakeIndex, fakeIndex, interrupted, turns } from "./support.ts";

const at = (generation: number): BundleIndex => ({ name: "docs", generation });
const withIndex = (prompt: string, index: BundleIndex): Bundle => ({ ...bundleOf(prompt), index });

interface Subject {
  readonly state: StateStore;
  readonly docs: FakeIndex;
  readonly manager: ReleaseManager;
  /** A manager that knows nothing of indexes. */
  readonly blind: ReleaseManager;
}

/** Releases v1 to v5 of the generations 1 to 5, of which the first `promoted` have been live in turn. */
async function subject(promoted: number, rollbackWindow?: number): Promise<Subject> {
  const { state } = createMemoryStorage();
  const docs = fakeIndex(state);
  const manager = createReleaseManager({ state, indexes: [docs], rollbackWindow });
  for (const n of [1, 2, 3, 4, 5]) {
    await docs.add({ generation: n });
    await manager.register(`v${n}`, withIndex(`v${n}`, at(n)));
    if (n <= promoted) await manager.promote(`v${n}`);
  }
  return { state, docs, manager, blind: createReleaseManager({ state }) };
}

describe("ReleaseManager.register with indexes", () => {
  it("refuses an index it does not know, and a generation or snapshot that is not there", async () => {
    const { manager, docs } = await subject(0);
    await docs.add({ snapshot: "s1" });
    const attempts: [BundleIndex, string | undefined][] = [
      [{ name: "other", generation: 1 }, "ARGUMENT_INVALID"],
      [at(9), "INDEX_TARGET_NOT_FOUND"],
      [{ name: "docs", snapshot: "s9" }, "INDEX_TARGET_NOT_FOUND"],
      [{ name: "docs", snapshot: "s1" }, undefined],
    ];
    for (const [index, code] of attempts) {
      expect(await codeOf(manager.register("new", withIndex("new", index)))).toBe(code);
    }
  });

  it("refuses an embedder that did not make the index's vectors", async () => {
    const { manager } = await subject(0);
    const embeddedBy = (id: string, dimension: number): Bundle => ({
      ...withIndex("new", at(1)),
      embedder: { id, dimension },
    });
    expect(await codeOf(manager.register("a", embeddedBy("hash@2", 8)))).toBe("EMBEDDER_MISMATCH");
    expect(await codeOf(manager.register("b", embeddedBy("hash@1", 9)))).toBe("VECTOR_DIMENSION_MISMATCH");
    expect(await manager.get("a")).toBeUndefined();
    const release = await manager.register("c", embeddedBy("hash@1", 8));
    expect(release.indexTarget).toEqual({ embedder: "hash@1", dimension: 8 });
  });

  it("takes an embedder itself, and keeps what tells it from others", async () => {
    const { manager } = await subject(0);
    const embedder = { specVersion: 1, id: "hash@1", dimension: 8, embed: () => [] };
    const { bundle } = await manager.register("new", { ...withIndex("new", at(1)), embedder });
    expect(bundle.embedder).toEqual({ id: "hash@1", dimension: 8 });
  });

  it("answers with the first registration also when its generation is gone by then", async () => {
    const { manager, docs } = await subject(0);
    await docs.drop({ generation: 1 });
    expect((await manager.register("v1", withIndex("v1", at(1)))).name).toBe("v1");
  });

  it("takes an index reference as mere data where it has no indexes", async () => {
    const { blind } = await subject(0);
    const release = await blind.register("new", withIndex("new", { name: "anything", generation: 7 }));
    expect(release.indexTarget).toBeUndefined();
    expect(await blind.promote("new")).toMatchObject({ moved: true });
  });

  it.each([
    ["an embedder that is none", "hash"],
    ["an embedder without an id", { dimension: 8 }],
    ["an embedder without a dimension", { id: "hash@1" }],
  ])("refuses a bundle with %s", async (_, embedder) => {
    const { manager } = await subject(0);
    const bundle = { ...bundleOf("new"), embedder } as Bundle;
    expect(await codeOf(manager.register("new", bundle))).toBe("VALUE_INVALID");
  });

  it("refuses two indexes of one name", () => {
    const { state } = createMemoryStorage();
    expect(() => createReleaseManager({ state, indexes: [fakeIndex(state), fakeIndex(state)] })).toThrow(
      "two of",
    );
    expect(() => createReleaseManager({ state, rollbackWindow: 0 })).toThrow("rollbackWindow");
    expect(() => createReleaseManager({} as never)).toThrow("spread an opened storage");
  });
});

describe("moving an index with its release", () => {
  it("makes the generation live with the promotion, and takes it back with the rollback", async () => {
    const { manager, docs } = await subject(2);
    expect(await docs.live()).toBe(2);
    await manager.rollback();
    expect(await docs.live()).toBe(1);
    await manager.rollback({ to: "v2" });
    expect(await docs.live()).toBe(2);
  });

  it("does both in one commit, or neither, wherever the store fails", async () => {
    for (const effect of ["fail", "fail-after", "kill", "kill-after"] as const) {
      for (let call = 1; ; call++) {
        const { state, docs, manager } = await subject(1);
        const storage = { ...createMemoryStorage(), state };
        const crash = new Error("crashed");
        const faulty = createFaultyStorage(storage, { at: call, effect, error: crash });
        const crashing = createReleaseManager({
          state: faulty.state,
          indexes: [fakeIndex(faulty.state)],
        });
        await crashing.promote("v2").catch((error: unknown) => expect(error).toBe(crash));
        const live = (await manager.live())?.name;
        expect(`v${await docs.live()}`).toBe(live);
        await manager.promote("v2");
        expect(await docs.live()).toBe(2);
        expect((await manager.verifyAudit()).valid).toBe(true);
        if (!faulty.fired) break;
      }
    }
  });

  it("moves no index with a snapshot or with a bundle that has none, and keeps the snapshot", async () => {
    const { manager, docs } = await subject(1);
    await docs.add({ snapshot: "s1" });
    await manager.register("snap", withIndex("snap", { name: "docs", snapshot: "s1" }));
    await manager.register("plain", bundleOf("plain"));
    await manager.promote("snap");
    await manager.promote("plain");
    expect(await docs.live()).toBe(1);
    expect(await docs.drop({ snapshot: "s1" })).toBe(false);
  });

  it("moves the index when a ramp's last stage ends, and not before", async () => {
    const { manager, docs } = await subject(1);
    const ramp = await manager.ramp("v2", {
      stages: [
        { share: 0.45, margin: 0.98 },
        { share: 0.5, margin: 0.98 },
      ],
      minRequests: 1,
    });
    await ramp.observe(turns(1));
    expect([(await ramp.status()).stage, await docs.live()]).toEqual([1, 1]);
    await ramp.observe(turns(1, {}, "last"));
    expect([(await ramp.status()).state, await docs.live()]).toEqual(["promoted", 2]);
  });

  it("decides anew when the index moved on between looking and committing", async () => {
    const { state, manager, docs } = await subject(1);
    let moves = 0;
    const late = interrupted(state, "commit", async () => {
      moves++;
      await docs.add({ generation: 2 }, "hash@1");
    });
    const result = await createReleaseManager({ state: late, indexes: [docs] }).promote("v2");
    expect([result.moved, moves, await docs.live()]).toEqual([true, 1, 2]);
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("is refused to a manager that lacks the index, before anything moves", async () => {
    const { blind, manager, docs } = await subject(2);
    expect(await codeOf(blind.promote("v3"))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(blind.rollback())).toBe("ARGUMENT_INVALID");
    expect(await codeOf(blind.ramp("v3"))).toBe("ARGUMENT_INVALID");
    expect([(await manager.live())?.name, await docs.live()]).toEqual(["v2", 2]);
  });

  it("lets anybody take a ramp to zero", async () => {
    const { blind, manager, docs } = await subject(1);
    await manager.ramp("v2");
    expect(await blind.rollback()).toMatchObject({ moved: true, live: "v1", from: "v2" });
    expect(await docs.pinned()).toEqual(["generation/1", "generation/2"]);
    // What a manager without the index left pinned, the next change by one with it lets go.
    await manager.promote("v3");
    expect(await docs.pinned()).toEqual(["generation/1", "generation/3"]);
  });

  it("refuses an index that writes one key twice", async () => {
    const { state, docs, manager } = await subject(1);
    const odd = {
      ...docs,
      makeLive: () => [
        { key: "x", value: 1 },
        { key: "x", value: 2 },
      ],
    };
    expect(await codeOf(createReleaseManager({ state, indexes: [odd] }).promote("v2"))).toBe(
      "ARGUMENT_INVALID",
    );
    expect((await manager.live())?.name).toBe("v1");
  });
});

describe("what releases keep of an index", () => {
  it("is what is live, what ramps up, and what was live within the rollback window", async () => {
    const { manager, docs } = await subject(3, 1);
    expect(await docs.pinned()).toEqual(["generation/2", "generation/3"]);
    await manager.ramp("v4");
    expect(await docs.pinned()).toEqual(["generation/2", "generation/3", "generation/4"]);
    expect(await docs.drop({ generation: 4 })).toBe(false);
    await manager.rollback();
    expect(await docs.pinned()).toEqual(["generation/2", "generation/3"]);
    await manager.rollback({ to: "v2" });
    expect(await docs.pinned()).toEqual(["generation/2", "generation/3"]);
    await manager.promote("v5");
    expect(await docs.pinned()).toEqual(["generation/2", "generation/5"]);
  });

  it("is kept once for all releases of one generation", async () => {
    const { manager, docs } = await subject(1, 1);
    await manager.register("v1b", { ...withIndex("v1b", at(1)) });
    await manager.promote("v1b");
    expect(await docs.pinned()).toEqual(["generation/1"]);
    await manager.promote("v2");
    await manager.promote("v3");
    expect(await docs.pinned()).toEqual(["generation/2", "generation/3"]);
  });

  it("refuses a rollback whose generation is gone, loudly and before anything moves", async () => {
    const { manager, docs } = await subject(4, 2);
    expect(await docs.drop({ generation: 1 })).toBe(true);
    const before = await manager.history();
    expect(await codeOf(manager.rollback({ to: "v1" }))).toBe("INDEX_TARGET_NOT_FOUND");
    expect([(await manager.live())?.name, await docs.live()]).toEqual(["v4", 4]);
    expect(await manager.history()).toEqual(before);
    expect(await docs.drop({ generation: 2 })).toBe(false);
    expect(await manager.rollback({ to: "v2" })).toMatchObject({ moved: true });
    expect(await docs.live()).toBe(2);
  });

  it("refuses to promote or ramp up what has been dropped since it was registered", async () => {
    const { manager, docs } = await subject(1);
    await docs.drop({ generation: 2 });
    expect(await codeOf(manager.promote("v2"))).toBe("INDEX_TARGET_NOT_FOUND");
    expect(await codeOf(manager.ramp("v2"))).toBe("INDEX_TARGET_NOT_FOUND");
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("does without what went before the manager knew of the index, unless it is to go there", async () => {
    const { state } = createMemoryStorage();
    const blind = createReleaseManager({ state });
    for (const n of [1, 2]) {
      await blind.register(`v${n}`, withIndex(`v${n}`, at(n)));
      await blind.promote(`v${n}`);
    }
    const docs = fakeIndex(state);
    await docs.add({ generation: 3 });
    const manager = createReleaseManager({ state, indexes: [docs] });
    await manager.register("v3", withIndex("v3", at(3)));
    await manager.promote("v3");
    expect(await docs.pinned()).toEqual(["generation/3"]);
    expect(await codeOf(manager.rollback())).toBe("INDEX_TARGET_NOT_FOUND");
  });
});
