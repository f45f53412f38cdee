import type { Detector } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createRedactor, defaultDetectors, url } from "../../src/index.ts";

// What has brought regular expressions to their knees: each is repeated until the text is long.
const UNITS = [
  "a", "a@", "@", "a.", ".", "a@a.", "a-", "_", "1", "1-", "1 ", "1.", "(", "(1)", "+1", "-", " ", "\n", ":", "f:", "1::",
  "http://", "a:/", "A", "AA11", "GB", "A1", "1A ", "4111 ", "4111 1111 1111 1111 ", "eyJ", "eyJ.", "sk_live_",
  "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", " dot ", "a at ", "a[at]", "a[at]a.", "%40", "1\u200b", "\uff11", "é",
  "<a", '{"', "password=", "password: ", "token is ", "curl -u ", "authorization: ", "://a:b", "://a@", "born 1/1/",
  "[email", "[email]", "[email!k!", "x@y.co", "212-555-0134", "1.1.1.1", "::1", "aa:", "0x1", "bc1q",
]; // biome-ignore format: a list

/** The default detectors, counting what they are asked and shown. */
function counted(): { detectors: Detector[]; count: { calls: number; shown: number } } {
  const count = { calls: 0, shown: 0 };
  const detectors = [...defaultDetectors, url].map((detector) => ({
    ...detector,
    version: "counted",
    verify: (window: Parameters<Detector["verify"]>[0]) => {
      count.calls += 1;
      count.shown += window.text.length;
      return detector.verify(window);
    },
  }));
  return { detectors, count };
}

describe("the engine", () => {
  it.each(UNITS)("asks detectors in proportion to the text, whatever it is: %j", async (unit) => {
    const { detectors, count } = counted();
    const redactor = createRedactor({ detectors });
    const costs: number[] = [];
    for (const length of [16_000, 64_000]) {
      count.calls = 0;
      await redactor.redact(unit.repeat(Math.ceil(length / unit.length)));
      costs.push(count.calls);
    }
    const [small = 0, large = 0] = costs;
    expect(large).toBeLessThanOrEqual(4.6 * small + 40);
    expect(large).toBeLessThanOrEqual(6 * 64_000);
  });
});
