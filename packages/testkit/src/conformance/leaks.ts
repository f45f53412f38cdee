import assert from "node:assert/strict";
import { inspect } from "node:util";

const CONSOLE = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const;

/**
 * Fails when a value shows in something that could be printed: as a string, as JSON, or to the inspector at any
 * depth, hidden properties and causes included.
 */
export function assertHidden(hidden: string, where: string, ...places: readonly unknown[]): void {
  for (const place of places) {
    const shown = [
      () => String(place),
      () => JSON.stringify(place),
      () =>
        inspect(place, {
          depth: Number.POSITIVE_INFINITY,
          showHidden: true,
          getters: true,
          maxStringLength: null,
        }),
      () =>
        place instanceof Error
          ? `${place.message} ${place.stack} ${JSON.stringify(Object.entries(place))}`
          : "",
      () =>
        place instanceof Error
          ? inspect(place.cause, { depth: Number.POSITIVE_INFINITY, showHidden: true })
          : "",
    ].map(attempt);
    assert.ok(!shown.some((text) => text.includes(hidden)), `${where} shows what must stay hidden`);
  }
}

// What cannot be printed, such as a cycle as JSON, does not show anything either.
function attempt(print: () => string | undefined): string {
  try {
    return print() ?? "";
  } catch {
    return "";
  }
}

/** Runs work, and gives all that was written to console, stdout and stderr meanwhile, which is held back: it may be a secret. */
export async function printedBy(work: () => PromiseLike<void>): Promise<string> {
  let printed = "";
  const restore: (() => void)[] = [];
  const spy = <T extends object, K extends keyof T>(target: T, name: K): void => {
    const original = target[name];
    target[name] = ((...args: unknown[]) => {
      printed += args.map((arg) => (typeof arg === "string" ? arg : inspect(arg, { depth: 10 }))).join(" ");
      return true;
    }) as T[K];
    restore.push(() => {
      target[name] = original;
    });
  };
  for (const name of CONSOLE) spy(console, name);
  spy(process.stdout, "write");
  spy(process.stderr, "write");
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
  }
  return printed;
}
