import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold, unfoldOffset, unfoldSpan } from "../../src/engine/fold.ts";

describe("fold", () => {
  it("leaves texts without disguises as they are", () => {
    for (const text of ["", "plain", "naïve Grüße Привет 你好 🙂 ½"]) {
      expect(fold(text)).toEqual({ text, shifts: undefined });
    }
  });

  it("undoes disguises of single characters", () => {
    expect(fold("１２３＠ＡＢＣ").text).toBe("123@ABC");
    expect(fold("١٢٣ ۴۵ ७८").text).toBe("123 45 78");
    expect(fold("a\u200bb\u00adc\ufeffd\u2060e").text).toBe("abcde");
    expect(fold("1\u00a02\u20093\u30004").text).toBe("1 2 3 4");
    expect(fold("1\u20112\u22123\u20134").text).toBe("1-2-3-4");
    expect(fold("𝟏𝟚𝟹 𝐀𝓫").text).toBe("123 Ab");
    expect(fold("1\u30302\u301c3\u2e3a4\ufe315").text).toBe("1-2-3-4-5");
    expect(fold("a\u3164b\uffa0c\u{e0100}d\u{e01ef}e\u{1d173}").text).toBe("abcde");
    expect(fold("\u{1e950}\u{1e959} \u{104a5} 🤖").text).toBe("09 5 🤖");
  });

  it("leads every character back to where it stood", () => {
    const char = fc.constantFrom("a", "1", "１", "\u200b", "\u00a0", "\u2212", "𝟏", "🙂", "é", "\u{e0041}");
    fc.assert(
      fc.property(fc.array(char), (chars) => {
        const original = chars.join("");
        const folded = fold(original);
        expect(unfoldOffset(folded, folded.text.length)).toBe(original.length);
        let before = -1;
        for (let at = 0; at < folded.text.length; at += 1) {
          const { start, end } = unfoldSpan(original, folded, at, at + 1);
          expect(start).toBeGreaterThan(before);
          expect(end).toBeGreaterThan(start);
          expect(fold(original.slice(start, end)).text).toBe(folded.text[at]);
          before = start;
        }
      }),
    );
  });
});
