import type { Detector, DetectorWindow } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../src/index.ts";
import { errorOf, found, literal } from "../helpers.ts";

/** The windows a detector is shown. */
async function windows(text: string, detector: Partial<Detector>): Promise<DetectorWindow[]> {
  const seen: DetectorWindow[] = [];
  const verify = (window: DetectorWindow): undefined => void seen.push(window);
  const email = literal("EMAIL", "no such text");
  await createRedactor({ detectors: [email, { ...literal("A", "x"), ...detector, verify }] }).redact(text);
  return seen;
}

describe("a detector", () => {
  it("sees no more than its window", async () => {
    expect(await windows("0123x4567", { left: 2, right: 3 })).toEqual([
      { text: "23x45", start: 2, end: 3, atStart: false, atEnd: false },
    ]);
  });

  it("is told where the document begins and ends", async () => {
    const [window] = await windows("1x2", { left: 5, right: 5 });
    expect(window).toEqual({ text: "1x2", start: 1, end: 2, atStart: true, atEnd: true });
  });

  it("can't claim anything outside its window", async () => {
    for (const claim of [
      { start: -1, end: 1 },
      { start: 0, end: 2 },
      { start: 1, end: 1 },
      { start: 0.5, end: 1 },
      { start: 0, end: 1, score: 2 },
      { start: 0, end: 1, score: Number.NaN },
    ]) {
      const redactor = createRedactor({ detectors: [literal("A", "x", { verify: () => claim })] });
      expect((await errorOf(() => redactor.redact("ax b"))).code).toBe("REDACTION_FAILED");
    }
  });

  it("is called for string triggers in any ASCII case, and in no other", async () => {
    const seen = await windows("emp- EMP- eMp- \u1eb9mp- \u212a", { triggers: ["EmP-", "k"], right: 4 });
    expect(seen.map(({ text }) => text.slice(0, 4))).toEqual(["emp-", "EMP-", "eMp-"]);
  });

  it("is called for patterns of bounded length", async () => {
    const seen = await windows("A1 B22 c3", { triggers: [/[A-Z]\d{1,2}/], right: 3 });
    expect(seen.map(({ text, start, end }) => text.slice(start, end))).toEqual(["A1", "B22"]);
  });

  it("is called where a number starts, gaps left out of the count", async () => {
    const seen = await windows("12 34-56 7 8 x 99 1234567", { triggers: [{ digits: 6 }], right: 20 });
    expect(seen.map(({ text, start, end }) => text.slice(start, end))).toEqual(["12", "34", "99", "1234567"]);
  });

  it("is called once for a chain of numbers, at its start", async () => {
    const seen = await windows("1.234-567/89 (1)23456", { triggers: [{ digits: 6 }], right: 20 });
    expect(seen.map(({ text, start, end }) => text.slice(start, end))).toEqual(["1", "1"]);
  });

  it("is called for triggers outside ASCII in short texts too", async () => {
    const seen = await windows("order \u2116 5", { triggers: ["\u2116"], right: 3 });
    expect(seen.map(({ text, start, end }) => text.slice(start, end))).toEqual(["\u2116"]);
  });

  it("is called where a long token starts", async () => {
    const seen = await windows("short abcdefgh-1 x_y 12345678", { triggers: [{ token: 8 }], right: 20 });
    expect(seen.map(({ text, start, end }) => text.slice(start, end))).toEqual(["abcdefgh-1", "12345678"]);
  });

  it("does not see what an earlier redaction put in, nor what stands beyond it", async () => {
    const seen = await windows("left [email] x [email] right", { left: 20, right: 20 });
    expect(seen).toEqual([{ text: "\ue000 x \ue000", start: 2, end: 3, atStart: false, atEnd: false }]);
  });

  it("is refused when it is malformed", async () => {
    const malformed: Partial<Detector>[] = [
      { type: "email" },
      { type: "" },
      { triggers: [] },
      { triggers: [""] },
      { triggers: ["x".repeat(65)] },
      { triggers: [/a*/] },
      { triggers: [/a+/] },
      { triggers: [/a{2,}/] },
      { triggers: [/^a/] },
      { triggers: [/(?=a)/] },
      { triggers: [/(a)\1/] },
      { triggers: [/a/u] },
      { triggers: [/(?:a{1,9}a{1,9}){1,9}b/] },
      { triggers: [{ digits: 0 }] },
      { triggers: [{ digits: 33 }] },
      { triggers: [{ token: 7 }] },
      { left: -1 },
      { left: 1_025 },
      { right: 0 },
      { right: 65_537 },
    ];
    for (const part of malformed) {
      const error = await errorOf(() => createRedactor({ detectors: [literal("A", "x", part)] }));
      expect([part, error.code]).toEqual([part, "ARGUMENT_INVALID"]);
    }
  });
});

describe("overlapping finds", () => {
  const span = (type: string, from: number, to: number, score: number): Detector =>
    literal(type, "x", { left: 9, right: 9, verify: () => ({ start: from, end: to, score }) });

  it("go to the surer, then to the longer, then to the one declared first", async () => {
    expect(await found("abcxefg", [span("A", 0, 4, 0.5), span("B", 3, 5, 0.6)])).toEqual(["B:xe"]);
    expect(await found("abcxefg", [span("A", 3, 5, 0.5), span("B", 0, 4, 0.5)])).toEqual(["B:abcx"]);
    expect(await found("abcxefg", [span("A", 2, 4, 0.5), span("B", 3, 5, 0.5)])).toEqual(["A:cx"]);
  });

  it("leave what does not overlap the winner", async () => {
    const detectors = [
      span("A", 0, 3, 0.5),
      span("B", 2, 5, 0.9),
      span("C", 4, 7, 0.5),
      span("D", 5, 7, 0.1),
    ];
    expect(await found("abcxefg", detectors)).toEqual(["B:cxe", "D:fg"]);
  });
});
