import assert from "node:assert/strict";
import { type Awaitable, type ErrorCode, isKeelsonError, type KeelsonError } from "@keelson/core";

/** How a call ended, and whether it ended before it returned. */
export type Outcome<T> =
  | { readonly status: "answered"; readonly value: T; readonly atOnce: boolean }
  | { readonly status: "rejected"; readonly reason: unknown; readonly atOnce: boolean };

/** Makes a call and says how it ended, whichever way the plug-in answers. */
export async function outcomeOf<T>(call: () => Awaitable<T>): Promise<Outcome<T>> {
  let answer: Awaitable<T>;
  try {
    answer = call();
  } catch (reason) {
    return { status: "rejected", reason, atOnce: true };
  }
  if (!isThenable(answer)) return { status: "answered", value: answer, atOnce: true };
  try {
    return { status: "answered", value: await answer, atOnce: false };
  } catch (reason) {
    return { status: "rejected", reason, atOnce: false };
  }
}

/** The Keelson error of that code that the call must fail with. */
export async function rejection<C extends ErrorCode>(
  code: C,
  call: () => Awaitable<unknown>,
): Promise<KeelsonError<C>> {
  const outcome = await outcomeOf(call);
  assert.equal(outcome.status, "rejected", `expected ${code}, but the call succeeded`);
  assert.ok(
    outcome.status === "rejected" && isKeelsonError(outcome.reason, code),
    `expected ${code}, but the call failed with ${outcome.status === "rejected" ? describe(outcome.reason) : ""}`,
  );
  return outcome.reason;
}

function describe(reason: unknown): string {
  return isKeelsonError(reason) ? reason.code : String(reason);
}

function isThenable<T>(answer: Awaitable<T>): answer is PromiseLike<T> {
  return (
    typeof answer === "object" && answer !== null && "then" in answer && typeof answer.then === "function"
  );
}
