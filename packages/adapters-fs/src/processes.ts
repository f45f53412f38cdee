import { readFile } from "node:fs/promises";
import { hasCode } from "./system-error.ts";

/** A process, told apart from any other that has or had its id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since the machine did. `undefined` where the system does not tell. */
  readonly startTime: string | undefined;
  /** Names the machine's run since it was started. `undefined` where the system does not tell. */
  readonly bootId: string | undefined;
}

/** What the lock asks about processes. */
export interface Processes {
  self(): Promise<ProcessIdentity>;
  /** Does that very process still run? In doubt: yes. */
  isAlive(owner: ProcessIdentity): Promise<boolean>;
}

/** The machine's own processes. Linux tells start times and boots apart; elsewhere the process id alone decides. */
export const nodeProcesses: Processes = Object.freeze({
  self: async () => ({
    pid: process.pid,
    startTime: (await readStatus(process.pid))?.startTime,
    bootId: await readBootId(),
  }),
  isAlive: async (owner) => {
    const bootId = await readBootId();
    if (bootId !== undefined && owner.bootId !== undefined && bootId !== owner.bootId) return false;
    if (!answersToSignals(owner.pid)) return false;
    const status = await readStatus(owner.pid);
    if (status === undefined) return true;
    // Killed, but its parent has not asked for it yet.
    if (status.state === "Z" || status.state === "X") return false;
    return owner.startTime === undefined || owner.startTime === status.startTime;
  },
} satisfies Processes);

function answersToSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

async function readStatus(pid: number): Promise<{ state: string; startTime: string } | undefined> {
  const text = await readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // proc(5): the second field is the command in parentheses and may hold anything, so count from its end.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}

async function readBootId(): Promise<string | undefined> {
  return (await readText("/proc/sys/kernel/random/boot_id"))?.trim();
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    // Not Linux, or not ours to read: the caller then knows less.
    return undefined;
  }
}
