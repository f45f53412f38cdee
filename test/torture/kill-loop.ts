import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStorage } from "@keelson/adapters-fs";
import { startChild } from "./child-process.ts";
import { scenarios } from "./scenarios.ts";

/** What {@link killLoop} takes. */
export interface KillLoopOptions {
  /** The bundled child. */
  readonly child: string;
  readonly scenario: string;
  readonly kills: number;
  readonly seed: number;
}

/** What {@link killLoop} met. */
export interface KillCounts {
  kills: number;
  /** Lines told by the children, nearly all of them acknowledgements. */
  told: number;
}

const ROUNDS = 10;
const LATEST_OPERATION = 500;

/**
 * Kills a scenario with SIGKILL while a random operation of the filesystem is under way, opens the store, and checks
 * what it holds; ten times on one store, then on a new one.
 *
 * @throws when a store does not open, or does not hold what was acknowledged.
 */
export async function killLoop({ child, scenario, kills, seed }: KillLoopOptions): Promise<KillCounts> {
  const { options, check } = scenarios[scenario] ?? unknown(scenario);
  const counts: KillCounts = { kills: 0, told: 0 };
  let random = seed;
  while (counts.kills < kills) {
    const directory = await mkdtemp(join(tmpdir(), "keelson-torture-"));
    try {
      const told: string[] = [];
      for (let round = 0; round < ROUNDS && counts.kills < kills; round++) {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        const killAt = 1 + Math.floor((random / 2 ** 32) * LATEST_OPERATION);
        const { lines, ended } = startChild(child, scenario, directory, { round, killAt });
        for await (const line of lines) if (line !== "open") told.push(line);
        const signal = await ended;
        if (signal !== "SIGKILL") throw new Error(`${scenario} ended by ${signal} before it was killed`);
        counts.kills++;
        try {
          const storage = await openFsStorage(directory, options);
          await check(storage, round, told);
          await storage.close();
        } catch (cause) {
          throw new Error(`${scenario}, killed at operation ${killAt} of round ${round}`, { cause });
        }
      }
      counts.told += told.length;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  return counts;
}

function unknown(scenario: string): never {
  throw new Error(`no scenario ${scenario}`);
}
