import { describe, expect, it } from "vitest";
import { hasOwnVector, recordId, recordMetadata } from "../src/records.ts";

describe("recordId", () => {
  it("has the checksum that stores already hold, the write and the number", () => {
    const idOf = (...numbers: number[]) => recordId("a", Float32Array.from(numbers), "write", 7);

    expect(idOf(1, -0, 0.5)).toBe("a941e35c2346596f.write.7");
    expect(idOf(0.25)).toBe("289ed9ed79cac8d3.write.7");
  });

  it("starts the same for the same document and vector, whenever they are written", () => {
    const startOf = (documentId: string, number: number, writeId: string) =>
      recordId(documentId, Float32Array.of(number), writeId, 0).split(".")[0];

    expect(startOf("a", 1, "v")).toBe(startOf("a", 1, "w"));
    expect(new Set([startOf("a", 1, "w"), startOf("b", 1, "w"), startOf("a", 2, "w")]).size).toBe(3);
  });
});

describe("recordMetadata", () => {
  it("has the document's own fields, and Keelson's in its place", () => {
    const metadata = { team: "deck", "keelson:document": "another" };

    expect(recordMetadata("a", metadata)).toEqual({ team: "deck", "keelson:document": "a" });
  });
});

describe("hasOwnVector", () => {
  it("takes 0 and -0 for one number, and tells every other two apart", () => {
    const id = recordId("a", Float32Array.of(0, 1, 2, 3, 4), "w", 0);
    const isOwn = (...numbers: number[]) => hasOwnVector("a", { id, vector: Float32Array.from(numbers) });

    expect(isOwn(-0, 1, 2, 3, 4)).toBe(true);
    expect(isOwn(1, 0, 2, 3, 4)).toBe(false);
    expect(isOwn(0, 1, 3, 2, 4)).toBe(false);
    expect(isOwn(2, 3, 0, 1, 4)).toBe(false);
    expect(isOwn(0, -1, 2, -3, 4)).toBe(false);
    expect(isOwn(0, 1, 2, 3, -4)).toBe(false);
  });

  it("finds every change of a single number", () => {
    const numbers = Array.from({ length: 9 }, (_, i) => i + 0.5);
    const id = recordId("a", Float32Array.from(numbers), "w", 0);
    for (const at of numbers.keys()) {
      const changed = Float32Array.from(numbers);
      changed[at] = -(numbers[at] as number);
      expect(hasOwnVector("a", { id, vector: changed })).toBe(false);
    }
  });

  it("finds the vector of another document", () => {
    const vector = Float32Array.of(1, 2);

    expect(hasOwnVector("b", { id: recordId("a", vector, "w", 0), vector })).toBe(false);
  });
});
