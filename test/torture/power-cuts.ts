import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { openFsStorage } from "@keelson/adapters-fs";
import { startChild } from "./child-process.ts";
import { writes } from "./writes.ts";

/** What {@link cutPower} met. */
export interface PowerCutCounts {
  cuts: number;
  /** Writes that were acknowledged before a cut. */
  acknowledged: number;
}

const run = promisify(execFile);
const IMAGE_BYTES = 96 * 1024 * 1024;
const CUTS_AN_IMAGE = 5;
const LONGEST_ROUND = 400;

// FS_IOC_SHUTDOWN without a flush of the journal: from that moment on nothing more reaches the device, and what was
// not written yet is gone. It is what xfstests cut the power with.
const SHUTDOWN = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack("I", 2))`;

/**
 * Writes to an ext4 of its own in a loop-mounted image, cuts the power in the middle of it, mounts the image again,
 * which replays the journal, and checks what the store holds. It takes root, `mkfs.ext4`, `mount` and `python3`.
 *
 * @returns `undefined` where this machine does not let it mount; the reason is told to `explain`.
 * @throws when a store does not open, or does not hold what was acknowledged.
 */
export async function cutPower(
  child: string,
  cuts: number,
  seed: number,
  explain: (reason: string) => void,
): Promise<PowerCutCounts | undefined> {
  const place = await mkdtemp(join(tmpdir(), "keelson-power-"));
  const [image, mounted] = [join(place, "image"), join(place, "mounted")];
  const counts: PowerCutCounts = { cuts: 0, acknowledged: 0 };
  let random = seed;
  let isMounted = false;
  const mount = async (): Promise<void> => {
    await run("mount", ["-o", "loop", image, mounted]);
    isMounted = true;
  };
  const unmount = async (): Promise<void> => {
    // A process that was killed may hold it a moment longer.
    for (let left = 50; isMounted; left--) {
      try {
        await run("umount", [mounted]);
        isMounted = false;
      } catch (error) {
        if (left === 0) throw error;
        await setTimeout(100);
      }
    }
  };
  try {
    await mkdir(mounted);
    while (counts.cuts < cuts) {
      try {
        await writeFile(image, "");
        await truncate(image, IMAGE_BYTES);
        await run("mkfs.ext4", ["-q", "-F", image]);
        await mount();
      } catch (error) {
        explain(error instanceof Error ? error.message : String(error));
        return undefined;
      }
      const directory = join(mounted, "store");
      const told: string[] = [];
      for (let round = 0; round < CUTS_AN_IMAGE && counts.cuts < cuts; round++) {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
        const lines = 1 + Math.floor((random / 2 ** 32) * LONGEST_ROUND);
        const writer = startChild(child, "writes", directory, { round, silent: true });
        let count = 0;
        for await (const line of writer.lines) {
          if (line !== "open") told.push(line);
          if (++count === lines) await run("python3", ["-c", SHUTDOWN, mounted]);
        }
        await writer.ended;
        await unmount();
        await mount();
        counts.cuts++;
        const storage = await openFsStorage(directory, writes.options);
        await writes.check(storage, round, told);
        await storage.close();
      }
      counts.acknowledged += told.length;
      await unmount();
    }
    return counts;
  } finally {
    if (isMounted) await unmount();
    await rm(place, { recursive: true, force: true });
  }
}
