import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A child at work. */
export interface RunningChild {
  readonly process: ChildProcess;
  /** What it tells, line by line, until it ends. */
  readonly lines: AsyncIterable<string>;
  /** Resolves once it has ended, with the signal that ended it. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

/** What {@link startChild} takes. */
export interface ChildOptions {
  readonly round?: number;
  /** At which operation of the filesystem it kills itself. Default: never. */
  readonly killAt?: number;
  /** Is it to end with an error, which need not be shown? */
  readonly silent?: boolean;
}

/** Starts the child that `buildChild` made. */
export function startChild(
  path: string,
  scenario: string,
  directory: string,
  options: ChildOptions = {},
): RunningChild {
  const { round = 0, killAt = 0, silent = false } = options;
  const child = spawn(process.execPath, [path, scenario, directory, String(round), String(killAt)], {
    stdio: ["ignore", "pipe", silent ? "ignore" : "inherit"],
  });
  if (child.stdout === null) throw new Error("no output to read");
  return {
    process: child,
    lines: createInterface({ input: child.stdout }),
    ended: once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null),
  };
}
