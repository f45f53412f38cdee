import type { Bundle } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bundleId, createReleaseManager, type Release } from "../src/index.ts";
import { bench, bundleOf, codeOf } from "./support.ts";

describe("bundleId", () => {
  it("is the SHA-256 of the canonical JSON", () => {
    // printf '{"model":"m","prompt":"p"}' | sha256sum
    const expected = "9fd06a94d101c3dd0319ebf954cd66e959b7912b4e83ad2b99ecf5cdc097d9dd";
    expect(bundleId({ prompt: "p", model: "m" })).toBe(expected);
  });

  it("does not depend on the order of keys, and depends on everything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const prompt = { a: a as never, b: b as never };
        const turned = { b: b as never, a: a as never };
        expect(bundleId({ prompt, model: "m" })).toBe(bundleId({ model: "m", prompt: turned }));
        expect(bundleId({ prompt, model: "m" })).not.toBe(bundleId({ prompt, model: "n" }));
      }),
    );
  });
});

describe("createReleaseManager", () => {
  it.each<[string, unknown]>([
    ["nothing", null],
    ["no prompt", { model: "m" }],
    ["no model", { prompt: "p" }],
    ["an unknown part", { prompt: "p", model: "m", tools: [] }],
    ["a prompt that is no JSON", { prompt: () => "p", model: "m" }],
    ["a number that is no JSON", { prompt: "p", model: { temperature: Number.NaN } }],
    ["an index without a state", { prompt: "p", model: "m", index: { name: "docs" } }],
    [
      "an index in two states",
      { prompt: "p", model: "m", index: { name: "docs", generation: 1, snapshot: "s" } },
    ],
    [
      "an index with more to it",
      { prompt: "p", model: "m", index: { name: "docs", generation: 1, shard: 2 } },
    ],
    ["an index without a name", { prompt: "p", model: "m", index: { generation: 1 } }],
  ])("refuses a bundle with %s", async (_, bundle) => {
    const { manager } = await bench();
    expect(await codeOf(manager.register("bad", bundle as Bundle))).toBe("VALUE_INVALID");
    expect(await manager.get("bad")).toBeUndefined();
  });

  it("keeps a frozen copy of what it registers", async () => {
    const { manager, another } = await bench();
    const config = { retriever: { topK: 5 } };
    const index = { name: "docs", generation: 3 };
    await manager.register("mine", { ...bundleOf("mine"), config, index });
    config.retriever.topK = 50;
    for (const reader of [manager, another()]) {
      const release = (await reader.get("mine")) as Release;
      expect(release.bundle).toEqual({ ...bundleOf("mine"), config: { retriever: { topK: 5 } }, index });
      expect(() => {
        Object.assign((release.bundle.config as { retriever: object }).retriever, { topK: 1 });
      }).toThrow(TypeError);
    }
  });

  it("registers the same bundle under the same name once, and refuses another one", async () => {
    const { manager, clock } = await bench();
    const first = await manager.register("mine", bundleOf("mine"), { by: "ana", notes: "the first" });
    await clock.advance(1000);
    expect(await manager.register("mine", bundleOf("mine"), { by: "bo" })).toEqual(first);
    expect(await codeOf(manager.register("mine", bundleOf("other")))).toBe("RELEASE_EXISTS");
    expect(await manager.get("mine")).toEqual(first);
    expect(await manager.history({ release: "mine" })).toHaveLength(1);
    expect(first).toMatchObject({ by: "ana", notes: "the first", bundleId: bundleId(bundleOf("mine")) });
  });

  it("registers one of two bundles that come under one name at once", async () => {
    const { manager, another } = await bench();
    const codes = await Promise.all([
      codeOf(manager.register("new", bundleOf("a"))),
      codeOf(another().register("new", bundleOf("b"))),
    ]);
    expect(codes.sort()).toEqual(["RELEASE_EXISTS", undefined]);
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("lists releases by name, also those with awkward names", async () => {
    const { manager } = await bench();
    for (const name of ["a/b", "%", "é", "../v"]) await manager.register(name, bundleOf(name));
    expect((await manager.list()).map(({ name }) => name)).toEqual([
      "%",
      "../v",
      "a/b",
      "v1",
      "v2",
      "v3",
      "é",
    ]);
    expect((await manager.get("a/b"))?.bundle).toEqual(bundleOf("a/b"));
    expect(await codeOf(manager.register("", bundleOf("x")))).toBe("KEY_INVALID");
    expect(await codeOf(manager.register("x".repeat(257), bundleOf("x")))).toBe("KEY_INVALID");
  });

  it("keeps managers of other names on the same store apart", async () => {
    const { manager, state } = await bench({ promoted: 1 });
    const names = ["other", "default/releases", "default%2Freleases", "%"];
    for (const name of names) {
      const other = createReleaseManager({ state, name });
      expect(await other.list()).toEqual([]);
      expect(await other.live()).toBeUndefined();
      await other.register("mine", bundleOf(name));
      expect(await other.history()).toHaveLength(1);
    }
    expect((await manager.list()).map(({ name }) => name)).toEqual(["v1", "v2", "v3"]);
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("reads and writes nothing before a method is called", () => {
    const fail = (): never => {
      throw new Error("touched the store");
    };
    const state = { get: fail, scan: fail, commit: fail, watch: fail };
    expect(createReleaseManager({ state }).name).toBe("default");
    expect(() => createReleaseManager({ state, name: "" })).toThrow("empty");
    const evals = { specVersion: 2, id: "new", run: () => ({ score: 1 }) };
    expect(() => createReleaseManager({ state, evals: evals as never })).toThrow("specVersion 2");
  });

  it("refuses a record of a format it does not know", async () => {
    const { manager, state } = await bench();
    await state.commit([{ key: "release/default/head", value: { format: 2 } }]);
    expect(await codeOf(manager.live())).toBe("STORE_FORMAT_UNSUPPORTED");
  });

  it("rejects every method with the reason of a signal that has been aborted, and does nothing", async () => {
    const { manager, state } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3");
    const router = await manager.router();
    const before = await state.scan({ limit: 1000 });
    const reason = { stopped: true };
    const signal = AbortSignal.abort(reason);
    const calls = [
      () => manager.register("new", bundleOf("new"), { signal }),
      () => manager.get("v1", { signal }),
      () => manager.list({ signal }),
      () => manager.live({ signal }),
      () => manager.rollbackTarget({ signal }),
      () => manager.promote("v3", { signal }),
      () => manager.rollback({ signal }),
      () => manager.ramp("v3", { signal }),
      () => manager.resumeRamp({ signal }),
      () => manager.router({ signal }),
      () => manager.history({ signal }),
      () => manager.verifyAudit({ signal }),
      () => router.refresh({ signal }),
      () => ramp.status({ signal }),
      () => ramp.observe({ id: "r1", release: "v3" }, { signal }),
    ];
    for (const call of calls) await expect(call()).rejects.toBe(reason);
    expect(await state.scan({ limit: 1000 })).toEqual(before);
  });
});
