import assert from "node:assert/strict";
import { type Awaitable, type Clock, systemClock } from "@keelson/core";
import type { CaseContext, ConformanceCase, Harness } from "./conformance-case.ts";
import { createPlace } from "./place.ts";

const PATIENCE_MS = 5000;
const STEP_MS = 5;

/**
 * Runs one case on a fresh subject: the way to bind the suites to a test runner that has no binding here.
 *
 * @returns `"skipped"` when the case does not apply to the subject.
 * @throws What the case, or the harness, threw.
 */
export async function runCase<S, H extends Harness<S>>(
  conformanceCase: ConformanceCase<S, H>,
  harness: H,
): Promise<"passed" | "skipped"> {
  const place = createPlace();
  try {
    let subject = await harness.create(place);
    const context: CaseContext<S, H> = {
      harness,
      canReopen: harness.reopen !== undefined,
      reopen: async () => {
        assert.ok(harness.reopen, "the subject says it is durable, so its harness must have `reopen`");
        subject = await harness.reopen(subject, place);
        return subject;
      },
      eventually: (assertion) => eventually(assertion, harness.clock ?? systemClock),
    };
    try {
      if ((await conformanceCase.when?.(subject, context)) === false) return "skipped";
      await conformanceCase.run(subject, context);
      return "passed";
    } finally {
      await (harness.destroy ?? close)(subject, place);
    }
  } finally {
    place.remove();
  }
}

async function close(subject: unknown): Promise<void> {
  if (typeof subject !== "object" || subject === null || !("close" in subject)) return;
  if (typeof subject.close === "function") await subject.close();
}

async function eventually(assertion: () => Awaitable<void>, clock: Clock): Promise<void> {
  const giveUpAt = clock.monotonic() + PATIENCE_MS;
  while (true) {
    try {
      return await assertion();
    } catch (error) {
      if (clock.monotonic() >= giveUpAt) throw error;
    }
    await clock.sleep(STEP_MS);
  }
}
