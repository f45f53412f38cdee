import { describe, expect, it } from "vitest";
import { visibleText } from "../src/index.ts";

describe("visibleText", () => {
  it("shows control characters as pictures, and nothing that changes the order of the rest", () => {
    expect(visibleText("a\0\t\n\u001b\u007f\u0085")).toBe("a␀␉␊␛␡\ufffd");
    expect(visibleText("\u202eab\u2066\u2028\u2029\ufeff\ud800\ufffe")).toBe(
      "\ufffdab\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd",
    );
  });

  it("leaves what can be seen", () => {
    const text = "Ünïcödé 👩‍👩‍👧 العربية ␛";
    expect(visibleText(text)).toBe(text);
  });
});
