import { createMemoryStorage } from "@keelson/adapters-memory";
import { createSimulatedFileSystem, type SimulatedFileSystem } from "@keelson/testkit/file-system";
import { createNumbers, digestOf, randomWrite } from "./random-writes.ts";
import { createTestMachine } from "./subject.ts";

/** What {@link cutPowerEverywhere} takes. */
export interface PowerCutOptions {
  readonly seed: number;
  /** How many writes the program makes. */
  readonly writes: number;
  /** How many states to try at each moment at most. */
  readonly statesAtOnce: number;
  /** Every so many states, the power is cut again at every moment of the opening that recovers. */
  readonly cutRecoveryEvery: number;
}

/** What {@link cutPowerEverywhere} tried. */
export interface PowerCutCounts {
  /** Moments at which the power was cut. */
  moments: number;
  /** States that a cut left, each of which was opened and read whole. */
  states: number;
}

const SEGMENT_BYTES = 6000;

/**
 * Runs a program of random writes, one after the other, and cuts the power before every operation of the filesystem
 * that writes or syncs, and behind every acknowledgement. Each state that the cut may leave has to open and to equal
 * what was acknowledged, with or without the one write under way, in every part: what memory holds at that point.
 */
export async function cutPowerEverywhere(options: PowerCutOptions): Promise<PowerCutCounts> {
  const { seed, writes, statesAtOnce, cutRecoveryEvery } = options;
  const counts: PowerCutCounts = { moments: 0, states: 0 };
  const next = createNumbers(seed);
  const memory = createMemoryStorage();
  const fileSystem = createSimulatedFileSystem();
  const machine = createTestMachine(fileSystem);
  let allowed = [await digestOf(memory)];

  // The program goes on while what an acknowledgement's write may leave is looked at: allowed is what was so at the cut.
  const cut = async (of: SimulatedFileSystem, deeper: boolean, then = allowed): Promise<void> => {
    counts.moments++;
    for (const state of of.crashStates({ limit: statesAtOnce, seed: counts.moments })) {
      counts.states++;
      if (deeper && counts.states % cutRecoveryEvery === 0) {
        const recovering = state.clone();
        cutAtEach(recovering, () => cut(recovering, false, then));
        await assertRecovered(recovering, then);
      }
      await assertRecovered(state, then);
    }
  };
  cutAtEach(fileSystem, () => cut(fileSystem, true));

  let storage = await machine.open({ segmentBytes: SEGMENT_BYTES });
  for (let n = 0; n < writes; n++) {
    if (next() < 0.03) {
      await storage.close();
      storage = await machine.open({ segmentBytes: SEGMENT_BYTES });
    }
    const write = randomWrite(next, n);
    await write(memory);
    allowed = [allowed.at(-1) as string, await digestOf(memory)];
    await write(storage);
    allowed = allowed.slice(1);
    await cut(fileSystem, true);
  }
  fileSystem.fault = undefined;
  await storage.close();
  return counts;
}

const CHANGES = new Set(["write", "truncate", "rename", "link", "remove", "sync", "syncDirectory"]);

function cutAtEach(fileSystem: SimulatedFileSystem, cut: () => Promise<void>): void {
  let looking = false;
  fileSystem.fault = async ({ name }) => {
    if (looking || !CHANGES.has(name)) return undefined;
    looking = true;
    try {
      await cut();
    } finally {
      looking = false;
    }
    return undefined;
  };
}

/** Opens what a cut left, and compares all of it. */
async function assertRecovered(state: SimulatedFileSystem, allowed: readonly string[]): Promise<void> {
  const storage = await createTestMachine(state).open({ segmentBytes: SEGMENT_BYTES });
  const found = await digestOf(storage);
  if (!allowed.includes(found))
    throw new Error(`after a power cut:\n${found}\nallowed:\n${allowed.join("\n")}`);
  state.fault = undefined;
  await storage.close();
}
