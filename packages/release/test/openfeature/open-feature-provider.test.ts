import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { OpenFeature } from "@openfeature/server-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { createReleaseManager, type Router } from "../../src/index.ts";
import { createOpenFeatureProvider } from "../../src/openfeature.ts";

async function releasesAndRouter() {
  const releases = createReleaseManager({ ...createMemoryStorage(), clock: createManualClock() });
  await releases.register("v1", {
    prompt: "answer",
    model: { name: "small" },
    config: { topK: 4, rerank: false, "a.b": 1, tools: ["search"] },
  });
  await releases.register("v2", {
    prompt: "cite",
    model: { name: "large" },
    config: { topK: 8, rerank: true },
  });
  return { releases, router: await releases.router() };
}

/** A client of the real SDK, on a provider of its own. */
async function clientOf(router: Pick<Router, "assign">) {
  const domain = `test-${domains++}`;
  await OpenFeature.setProviderAndWait(domain, createOpenFeatureProvider({ router }));
  return OpenFeature.getClient(domain);
}
let domains = 0;

afterEach(() => OpenFeature.clearProviders());

describe("createOpenFeatureProvider", () => {
  it("gives the real SDK what the live release is made of, by type", async () => {
    const { releases, router } = await releasesAndRouter();
    await releases.promote("v1");
    const client = await clientOf(router);
    expect(await client.getStringValue("release", "none")).toBe("v1");
    expect(await client.getStringValue("prompt", "none")).toBe("answer");
    expect(await client.getStringValue("model.name", "none")).toBe("small");
    expect(await client.getNumberValue("config.topK", 1)).toBe(4);
    expect(await client.getBooleanValue("config.rerank", true)).toBe(false);
    expect(await client.getObjectValue("config.tools", [])).toEqual(["search"]);
    expect(await client.getObjectValue("config", {})).toMatchObject({ "a.b": 1 });
    expect(await client.getObjectValue("bundle", {})).toEqual((await releases.get("v1"))?.bundle);
    router.close();
  });

  it("tells where a value comes from, so that the request can be observed", async () => {
    const { releases, router } = await releasesAndRouter();
    await releases.promote("v1");
    const client = await clientOf(router);
    const { bundleId } = router.assign();
    expect(await client.getNumberDetails("config.topK", 1, { targetingKey: "ana" })).toMatchObject({
      flagKey: "config.topK",
      value: 4,
      variant: "v1",
      reason: "STATIC",
      flagMetadata: { release: "v1", bundleId, side: "baseline" },
    });
    await releases.ramp("v2", { stages: [0.5, 1] });
    await router.refresh();
    const details = await client.getNumberDetails("config.topK", 1, { targetingKey: "ana" });
    const { stage } = router.assign("ana");
    expect(stage).toBeTypeOf("string");
    expect(details).toMatchObject({ reason: "SPLIT", flagMetadata: { stage } });
    expect((await client.getNumberDetails("config.topK", 1)).reason).toBe("STATIC");
    router.close();
  });

  it("assigns as the router does while a ramp runs, and gives all flags of a request from one release", async () => {
    const { releases, router } = await releasesAndRouter();
    await releases.promote("v1");
    await releases.ramp("v2", { stages: [0.5, 1] });
    await router.refresh();
    const client = await clientOf(router);
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const context = { targetingKey: `user-${i}` };
      const release = await client.getStringValue("release", "none", context);
      expect(release).toBe(router.assign(context.targetingKey).release);
      expect(await client.getNumberValue("config.topK", 0, context)).toBe(release === "v2" ? 8 : 4);
      seen.add(release);
    }
    expect([...seen].sort()).toEqual(["v1", "v2"]);
    expect(await client.getStringValue("release", "none")).toBe("v1");
    router.close();
  });

  it("answers with the default and a code while nothing is live", async () => {
    const { router } = await releasesAndRouter();
    const client = await clientOf(router);
    expect(await client.getStringDetails("release", "none")).toMatchObject({
      value: "none",
      reason: "ERROR",
      errorCode: "PROVIDER_NOT_READY",
    });
    router.close();
  });

  it("answers with the default and a code for a part that is not there, or of another type", async () => {
    const { releases, router } = await releasesAndRouter();
    await releases.promote("v1");
    const client = await clientOf(router);
    for (const flag of [
      "config.nothing",
      "toString",
      "config.__proto__",
      "config.tools.length.x",
      "",
      "prompt.0.x",
    ]) {
      expect(await client.getNumberDetails(flag, 7)).toMatchObject({ value: 7, errorCode: "FLAG_NOT_FOUND" });
    }
    expect(await client.getNumberDetails("prompt", 7)).toMatchObject({
      value: 7,
      errorCode: "TYPE_MISMATCH",
    });
    expect(await client.getObjectDetails("prompt", {})).toMatchObject({ errorCode: "TYPE_MISMATCH" });
    router.close();
  });

  it("answers with the default and a code where the router fails otherwise", async () => {
    const client = await clientOf({
      assign() {
        throw new TypeError("broken");
      },
    });
    expect(await client.getStringDetails("release", "none")).toMatchObject({
      value: "none",
      errorCode: "GENERAL",
    });
  });
});
