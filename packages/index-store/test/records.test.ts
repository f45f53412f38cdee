import { describe, expect, it } from "vitest";
import { hasOwnVector, recordId, recordMetadata } from "../src/records.ts";

describe("recordId", () => {
  it("tells apart what one write makes, and what two writes make of one chunk", () => {
    const place = { documentId: "a", hash: "h", occurrence: 0 };
    const ids = [recordId(place, "w", 0), recordId(place, "w", 1), recordId(place, "x", 0)];

    expect(new Set(ids).size).toBe(3);
  });

  it("starts with a hash of the document, the text and the occurrence", () => {
    const startOf = (documentId: string, hash: string, occurrence: number, writeId = "w") =>
      recordId({ documentId, hash, occurrence }, writeId, 0).split(".")[0];

    expect(startOf("a", "h", 0, "another")).toBe(startOf("a", "h", 0));
    const starts = [startOf("a", "h", 0), startOf("b", "h", 0), startOf("a", "i", 0), startOf("a", "h", 1)];
    expect(new Set(starts).size).toBe(4);
  });
});

describe("recordMetadata", () => {
  it("has the checksum that every release has written", () => {
    const checksumOf = (...numbers: number[]) =>
      recordMetadata("a", undefined, Float32Array.from(numbers))["keelson:vector"];

    expect(checksumOf(1, -0, 0.5)).toBe("eceb7b9882711022");
    expect(checksumOf(0.25)).toBe("3a66b8ac0a1a5381");
  });

  it("has the document's own fields, and Keelson's in their place", () => {
    const metadata = { team: "deck", "keelson:document": "another" };

    expect(recordMetadata("a", metadata, Float32Array.of(1))).toMatchObject({
      team: "deck",
      "keelson:document": "a",
    });
  });
});

describe("hasOwnVector", () => {
  it("takes 0 and -0 for one number, and tells every other two apart", () => {
    const metadata = recordMetadata("a", undefined, Float32Array.of(0, 1, 2));
    const isOwn = (...numbers: number[]) =>
      hasOwnVector({ id: "r", metadata, vector: Float32Array.from(numbers) });

    expect(isOwn(-0, 1, 2)).toBe(true);
    expect(isOwn(1, 0, 2)).toBe(false);
    expect(isOwn(0, 1, -2)).toBe(false);
  });
});
