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
});
