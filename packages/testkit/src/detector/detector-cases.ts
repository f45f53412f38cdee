import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Detector, DetectorTrigger } from "@keelson/core";
import fc from "fast-check";
import type { ConformanceCase, Harness } from "../conformance/conformance-case.ts";
import { prose } from "../fixtures/texts.ts";
import { applyDetector, type Verdict, windowsOf } from "./apply-detector.ts";

/** A text, and what a detector must find in it. */
export interface DetectorExample {
  /** A document, or a line of one. */
  readonly text: string;
  /** The exact part of the text to be found. `undefined`: nothing may be found, though it looks like it. */
  readonly value: string | undefined;
}

/** How to make the detector under test, and what it is for. */
export interface DetectorHarness extends Harness<Detector> {
  /** At least one with a value. */
  readonly examples: readonly DetectorExample[];
}

/**
 * What every detector must satisfy, shown on examples of what it is for.
 *
 * @example
 * ```ts
 * import type { Detector, DetectorTrigger } from "@keelson/core";
 * import { detectorCases, runConformance } from "@keelson/testkit";
 *
 * const employeeId = {
 *   type: "EMPLOYEE_ID",
 *   triggers: ["EMP-"],
 *   left: 1,
 *   right: 11,
 *   verify({ text, start }) {
 *     const found = /^EMP-\d{6}(?!\d)/.exec(text.slice(start));
 *     return found ? { start, end: start + found[0].length, score: 0.9 } : undefined;
 *   },
 * } satisfies Detector;
 *
 * const report = await runConformance(detectorCases, {
 *   create: () => employeeId,
 *   examples: [
 *     { text: "Ask EMP-123456 about it.", value: "EMP-123456" },
 *     { text: "Order EMP-1234567 is another thing.", value: undefined },
 *   ],
 * });
 * console.log(report.failed); // []
 * ```
 */
export const detectorCases: readonly ConformanceCase<Detector, DetectorHarness>[] = [
  {
    id: "detector/verify/declares",
    title: "declares a type in capitals, at least one trigger and a window, all within their bounds",
    run({ type, name, triggers, left, right }) {
      assert.match(type, /^[A-Z][A-Z0-9_]*$/);
      assert.ok(name === undefined || name !== "", "the name is empty");
      assert.ok(triggers.length > 0, "there is no trigger");
      for (const trigger of triggers) {
        assertTrigger(trigger);
      }
      assert.ok(Number.isSafeInteger(left) && left >= 0 && left <= 1024, "left is not within 0..1024");
      assert.ok(
        Number.isSafeInteger(right) && right >= 1 && right <= 65_536,
        "right is not within 1..65,536",
      );
    },
  },
  {
    id: "detector/verify/works",
    title: "finds the value of each example, exactly",
    run(detector, { harness }) {
      for (const { text, value } of withValue(harness)) assertFinds(detector, text, value);
    },
  },
  {
    id: "detector/verify/works/refuses",
    title: "finds nothing in an example without a value",
    when: (_, { harness }) => harness.examples.some(({ value }) => value === undefined),
    run(detector, { harness }) {
      for (const { text, value } of harness.examples) {
        if (value === undefined) assert.deepStrictEqual(matches(detector, text), []);
      }
    },
  },
  {
    id: "detector/verify/works/anywhere",
    title: "finds the value between other lines, before and behind it, in every script",
    run(detector, { harness }) {
      for (const { text, value } of withValue(harness)) {
        for (const other of prose) assertFinds(detector, `${other}\n${text}\n${other}`, value);
      }
    },
  },
  {
    id: "detector/verify/works/bounds",
    title: "claims a part of its window only, of whole numbers, with a score within 0..1",
    run(detector, { harness }) {
      for (const { text } of withValue(harness)) assertBounds(applyDetector(detector, text));
    },
  },
  {
    id: "detector/verify/works/any-text",
    title: "decides on any text around its triggers without throwing, and within its window (property)",
    run(detector, { harness }) {
      const pieces = [
        ...detector.triggers.flatMap(textOf),
        ...harness.examples.flatMap(({ text }) => [text, text.slice(0, -1), text.slice(1)]),
      ];
      const anyText = fc.array(
        fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 12 })),
        { maxLength: 8 },
      );
      fc.assert(
        fc.property(anyText, (parts) => assertBounds(applyDetector(detector, parts.join("")))),
        { seed: 6, numRuns: 200 },
      );
    },
  },
  {
    id: "detector/verify/empty-input",
    title: "decides on a document that is its trigger alone, without throwing",
    run(detector) {
      for (const trigger of detector.triggers)
        for (const text of textOf(trigger)) assertBounds(applyDetector(detector, text));
    },
  },
  {
    id: "detector/verify/duplicate",
    title: "decides the same window in the same way each time, and leaves it as it was",
    run(detector, { harness }) {
      for (const { text, value } of withValue(harness)) {
        for (const { window } of windowsOf(detector, text)) {
          const first = detector.verify(window);
          for (let again = 0; again < 3; again++)
            assert.ok(
              isDeepStrictEqual(detector.verify(window), first),
              "one window was decided in two ways",
            );
        }
        const twice = matches(detector, `${text}\n${text}`).filter((found) => found === value);
        assert.ok(twice.length >= 2, "the second of two values was not found");
      }
    },
  },
  {
    id: "detector/verify/hidden",
    title: "says why without any part of the value",
    run(detector, { harness }) {
      for (const { text, value } of withValue(harness)) {
        for (const { match } of applyDetector(detector, text))
          assert.ok(!match?.reason?.includes(value), "the reason quotes the value");
      }
    },
  },
];

function assertTrigger(trigger: DetectorTrigger): void {
  if (trigger instanceof RegExp) {
    assert.match(trigger.flags, /^i?$/, "a pattern has a flag other than i");
    return;
  }
  const [size, least, most] =
    typeof trigger === "string"
      ? [trigger.length, 1, 64]
      : "token" in trigger
        ? [trigger.token, 8, 64]
        : [trigger.digits, 1, 32];
  assert.ok(
    Number.isSafeInteger(size) && size >= least && size <= most,
    "a trigger is too short or too long",
  );
}

/** The shortest text that a trigger stands in. Of a pattern only the examples tell. */
function textOf(trigger: DetectorTrigger): string[] {
  if (trigger instanceof RegExp) return [];
  if (typeof trigger === "string") return [trigger];
  return ["token" in trigger ? "a".repeat(trigger.token) : "0".repeat(trigger.digits)];
}

function withValue({ examples }: DetectorHarness): { readonly text: string; readonly value: string }[] {
  const found = examples.flatMap(({ text, value }) => (value === undefined ? [] : [{ text, value }]));
  assert.ok(found.length > 0, "the harness needs an example with a value");
  return found;
}

function matches(detector: Detector, text: string): string[] {
  return applyDetector(detector, text).flatMap(({ match, start, end }) =>
    match ? [text.slice(start, end)] : [],
  );
}

function assertFinds(detector: Detector, text: string, value: string): void {
  assert.ok(matches(detector, text).includes(value), "the value was not found, or not exactly");
}

function assertBounds(verdicts: readonly Verdict[]): void {
  for (const { window, match } of verdicts) {
    if (match === undefined) continue;
    const { start, end, score } = match;
    assert.ok(Number.isSafeInteger(start) && Number.isSafeInteger(end), "a place is no whole number");
    assert.ok(
      start >= 0 && start < end && end <= window.text.length,
      "a match is empty or leaves its window",
    );
    assert.ok(score === undefined || (score >= 0 && score <= 1), "a score is not within 0..1");
  }
}
