import { createHash } from "node:crypto";
import { isKeelsonError } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHashEmbedder, type HashEmbedderOptions } from "../src/index.ts";

async function embedOne(text: string, options?: HashEmbedderOptions): Promise<Float32Array> {
  const [vector] = await createHashEmbedder(options).embed([text]);
  if (vector === undefined) throw new Error("no vector");
  return vector;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

async function closeness(a: string, b: string, options?: HashEmbedderOptions): Promise<number> {
  return dot(await embedOne(a, options), await embedOne(b, options));
}

describe("createHashEmbedder", () => {
  it("gives the bits it always gave", async () => {
    const texts = [
      "The keel of a ship is laid first.",
      "not good, not good at all",
      "Crème brûlée for ΟΔΥΣΣΕΥΣ, привет МИР",
      "東京タワー 서울 กรุงเทพ 🚢",
      "ﬁne ½ Ⅷ ℃ ＡＢＣ",
    ];
    const hash = createHash("sha256");
    for (const vector of await createHashEmbedder().embed(texts)) hash.update(new Uint8Array(vector.buffer));
    // Another value means that stored vectors no longer match: raise ALGORITHM, which changes the id.
    expect(hash.digest("hex")).toBe("4f0a5a3a5c23629fe88a6b72da138ff3ceaf65ea64eb5f0e0336ec7d82e26a26");
  });

  it("folds every character as it always did, whatever Unicode version the runtime has", async () => {
    const hash = createHash("sha256");
    const embedder = createHashEmbedder({ dimension: 8, language: "none", bigrams: false });
    for (let from = 0; from < 0x110000; from += 0x100) {
      const characters = Array.from({ length: 0x100 }, (_, i) => String.fromCodePoint(from + i));
      for (const vector of await embedder.embed([characters.join("x "), characters.join("")])) {
        hash.update(new Uint8Array(vector.buffer));
      }
    }
    expect(hash.digest("hex")).toBe("a489e091fd971f93d72cd8dbaf984d8f51b7f5113d30f36df753e39ea9ffc725");
  });

  it("gives vectors of length 1, and the zero vector for texts without a word", async () => {
    const embedder = createHashEmbedder({ dimension: 64 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
        const [vector] = await embedder.embed([text]);
        const length = Math.sqrt(dot(vector as Float32Array, vector as Float32Array));
        expect(length < 1e-9 || Math.abs(length - 1) < 1e-6).toBe(true);
      }),
    );
    for (const blank of ["", " \n\t", "?!… —", "\u200b"]) {
      expect((await embedOne(blank)).every((x) => x === 0)).toBe(true);
    }
  });

  it("does not let other texts of a call change a vector", async () => {
    const embedder = createHashEmbedder();
    const [alone] = await embedder.embed(["masts and sails"]);
    const [, among] = await embedder.embed(["anchors", "masts and sails", ""]);
    expect(among).toEqual(alone);
  });

  it("gives every vector a buffer of its own", async () => {
    const [a, b] = await createHashEmbedder().embed(["same", "same"]);
    a?.fill(7);
    expect(b?.includes(7)).toBe(false);
  });

  it("takes inflections, case and accents for the same word", async () => {
    expect(await closeness("Rotating keys", "rotated KEY")).toBeCloseTo(1, 5);
    expect(await closeness("café", "CAFE\u0301")).toBeCloseTo(1, 5);
    expect(await closeness("ΟΔΟΣ", "οδος")).toBeCloseTo(1, 5);
    expect(await closeness("co\u00adoperate", "cooperate")).toBeCloseTo(1, 5);
    expect(await closeness("İstanbul", "istanbul")).toBeCloseTo(1, 5);
  });

  it("scores shared subjects above shared stop words", async () => {
    const subject = await closeness("how do I rotate a key", "key rotation in production");
    const filler = await closeness("how do I rotate a key", "how do I cook a fish");
    expect(subject).toBeGreaterThan(filler + 0.2);
  });

  it("still tells texts of stop words from blank ones", async () => {
    expect(await closeness("to be or not to be", "to be or not to be")).toBeCloseTo(1, 5);
  });

  it("hears word order through bigrams", async () => {
    const words = { bigrams: false };
    expect(await closeness("dog bites man", "man bites dog", words)).toBeCloseTo(1, 5);
    expect(await closeness("dog bites man", "man bites dog")).toBeLessThan(0.9);
  });

  it("finds parts of texts written without spaces", async () => {
    expect(await closeness("東京タワー", "東京の天気")).toBeGreaterThan(0.2);
    expect(await closeness("東京タワー", "大阪城公園")).toBeLessThan(0.2);
  });

  it("leaves words as they stand when no language is set", async () => {
    expect(await closeness("rotating", "rotated", { language: "none" })).toBeLessThan(0.5);
    expect(await closeness("rotating", "rotated")).toBeCloseTo(1, 5);
  });

  it("changes its id with every option", () => {
    const options: HashEmbedderOptions[] = [
      {},
      { dimension: 512 },
      { language: "none" },
      { bigrams: false },
      { language: "none", bigrams: false },
    ];
    expect(new Set(options.map((option) => createHashEmbedder(option).id)).size).toBe(options.length);
    expect(createHashEmbedder({ dimension: 1024, bigrams: true }).id).toBe(createHashEmbedder().id);
  });

  it("refuses options out of range", () => {
    for (const dimension of [0, -1, 1.5, Number.NaN, 65_537]) {
      expect(() => createHashEmbedder({ dimension })).toThrow(
        expect.objectContaining({ code: "ARGUMENT_INVALID" }),
      );
    }
    expect(() => createHashEmbedder({ language: "german" as never })).toThrow("language");
    expect(() => createHashEmbedder({ bigrams: 1 as never })).toThrow("bigrams");
  });

  it("rejects with the signal's own reason", async () => {
    const reason = new Error("stop");
    let thrown: unknown;
    try {
      await createHashEmbedder().embed(["a"], { signal: AbortSignal.abort(reason) });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(reason);
    expect(isKeelsonError(thrown)).toBe(false);
  });
});
