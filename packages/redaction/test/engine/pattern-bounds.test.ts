import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patternBounds } from "../../src/engine/pattern-bounds.ts";

describe("patternBounds", () => {
  it("knows the longest match", () => {
    expect(patternBounds(/ab?c{2,4}/).maxLength).toBe(6);
    expect(patternBounds(/(?:ab|c){3}[x-z]?/).maxLength).toBe(7);
    expect(patternBounds(/\d{4}(?:-\d{4}){3}/).maxLength).toBe(19);
    expect(patternBounds(/\u0041\x41\]\//).maxLength).toBe(4);
    expect(patternBounds(/a+b/, { unboundedAs: 10 }).maxLength).toBe(11);
  });

  it("counts one way where what follows a loop can't be taken for its body", () => {
    expect(patternBounds(/[\w.-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,4}/).paths).toBe(1);
    expect(patternBounds(/(?:[ -]?\d){9}/).paths).toBe(1);
    expect(patternBounds(/a|b|c/).paths).toBe(1);
  });

  it("multiplies the ways where it can", () => {
    expect(patternBounds(/a{1,3}a/).paths).toBe(3);
    expect(patternBounds(/a{1,3}a{1,3}ab/).paths).toBe(9);
    expect(patternBounds(/ab|ac/).paths).toBe(2);
    expect(patternBounds(/(?:a|ab){10}c/).paths).toBeGreaterThan(1_000);
    expect(patternBounds(/(?:\w{1,9}){1,9}-/).paths).toBeGreaterThan(1_000);
  });

  it("never says shorter than what a pattern matches", () => {
    const atom = fc.constantFrom("a", "[ab]", "\\d", "(?:a|bc)", "\\.");
    const quantifier = fc.constantFrom("", "?", "{2}", "{1,3}");
    const source = fc.array(fc.tuple(atom, quantifier), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        source,
        fc.array(fc.constantFrom("a", "b", "c", "1", "."), { maxLength: 40 }),
        (parts, chars) => {
          const pattern = new RegExp(parts.flat().join(""), "g");
          const { maxLength } = patternBounds(pattern);
          for (const [match] of chars.join("").matchAll(pattern))
            expect(match.length).toBeLessThanOrEqual(maxLength);
        },
      ),
    );
  });

  it("names rows of characters that every match holds", () => {
    const atom = fc.constantFrom("a", "[ab]", "\\d", "(?:a|bc)", "(?:\\.\\d{1,2})", "\\.", "\\b");
    const quantifier = fc.constantFrom("", "", "?", "{2}", "{1,3}", "{0,2}");
    const part = fc.tuple(atom, quantifier).map(([a, q]) => (a === "\\b" ? a : a + q));
    const text = fc.array(fc.constantFrom("a", "b", "c", "1", ".", " "), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), text, (parts, chars) => {
        const pattern = new RegExp(parts.join(""), "g");
        const { rows } = patternBounds(pattern);
        for (const [match] of chars.join("").matchAll(pattern)) {
          for (const row of rows) {
            const starts = [...match, ""].map((_, start) =>
              row.every((set, at) => set[match.charCodeAt(start + at)] === 1),
            );
            expect(starts).toContain(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
    const [row] = patternBounds(/[ab]{2}\d{1,3}x/).rows;
    expect(row?.map((set) => set.reduce((sum, flag) => sum + flag, 0))).toEqual([2, 2, 10]);
  });
});
