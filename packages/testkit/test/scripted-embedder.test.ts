import { describe, expect, it } from "vitest";
import {
  createScriptedEmbedder,
  type EmbedderStep,
  embedderCases,
  runConformance,
  strictEmbedderCases,
} from "../src/index.ts";

const texts = ["one", "two", "three"];
const embedWith = (step: EmbedderStep) =>
  createScriptedEmbedder({ script: [step] }).embed(texts) as Promise<Float32Array[]>;

describe("createScriptedEmbedder", () => {
  it("is an embedder as it should be where the script says nothing", async () => {
    const cases = [...embedderCases, ...strictEmbedderCases];
    const report = await runConformance(cases, {
      create: () => createScriptedEmbedder({ maxBatchSize: 100 }),
    });
    expect(report.failed).toEqual([]);
  });

  it("rejects as a service does, and says whether and when to try again", async () => {
    await expect(embedWith({ status: 429, retryAfterMs: 250 })).rejects.toMatchObject({
      status: 429,
      retryable: true,
      retryAfterMs: 250,
    });
    await expect(embedWith({ status: 503 })).rejects.toMatchObject({ retryable: true });
    await expect(embedWith({ status: 400 })).rejects.toMatchObject({ retryable: false });
    await expect(embedWith({ status: 503 })).rejects.not.toHaveProperty("retryAfterMs");
    const error = { own: true };
    await expect(embedWith({ error })).rejects.toBe(error);
  });

  it("spoils its answer as the script says", async () => {
    const good = await embedWith("ok");
    expect((await embedWith("count")).length).toBe(2);
    expect((await embedWith("dimension")).map(({ length }) => length)).toEqual([8, 8, 9]);
    expect((await embedWith("nan")).map((vector) => vector.some(Number.isNaN))).toEqual([false, false, true]);
    expect(await embedWith("swapped")).toEqual([...good].reverse());
    const shared = await embedWith("shared");
    expect(shared).toEqual(good);
    expect(new Set(shared.map(({ buffer }) => buffer)).size).toBe(1);
  });

  it("hangs until it is aborted", async () => {
    const controller = new AbortController();
    const embedder = createScriptedEmbedder({ script: ["hang"] });
    const hanging = Promise.resolve(embedder.embed(texts, { signal: controller.signal }));
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(hanging).rejects.toBe(reason);
  });

  it("follows the script call by call, answers behind its end, and remembers the texts", async () => {
    const embedder = createScriptedEmbedder({ script: [{ status: 500 }, "count"] });
    await expect(embedder.embed(["a"])).rejects.toThrow("the service answered 500");
    expect(await embedder.embed(["b", "c"])).toHaveLength(1);
    expect(await embedder.embed(["d"])).toHaveLength(1);
    expect(embedder.calls).toEqual([["a"], ["b", "c"], ["d"]]);
  });
});
