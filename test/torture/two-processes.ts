import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError } from "@keelson/core";
import { startChild } from "./child-process.ts";
import { assert } from "./scenario.ts";

/** A second process is refused with the owner's process id, until the owner ends. */
export async function secondOwner(child: string, directory: string): Promise<void> {
  const owner = startChild(child, "writes", directory);
  try {
    await linesUntil(owner.lines, "open");
    const refusal = await openFsStorage(directory).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert(isKeelsonError(refusal, "STORE_LOCKED"), "the second owner was let in");
    assert(refusal.details.pid === owner.process.pid, `the owner is said to be ${refusal.details.pid}`);
  } finally {
    owner.process.kill("SIGKILL");
    await owner.ended;
  }
  await (await openFsStorage(directory)).close();
}

/**
 * The owner is stopped in the middle of writing and its lock made to look like one of an earlier run of the machine, so
 * that it is taken over. Continued, it may acknowledge nothing more, and nothing that it writes may be seen.
 */
export async function ownerStopped(child: string, directory: string): Promise<void> {
  const former = startChild(child, "compactions", directory, { silent: true });
  try {
    const told: string[] = [];
    for await (const line of former.lines) {
      told.push(line);
      if (told.length === 200) break;
    }
    former.process.kill("SIGSTOP");
    await until(async () => /^State:\tT/m.test(await readFile(`/proc/${former.process.pid}/status`, "utf8")));
    await disown(directory);

    const owner = await openFsStorage(directory, { compactFromBytes: 1024, compactAt: 0.2 });
    await owner.state.commit([{ key: "owner", value: 1 }]);
    const before = JSON.stringify(await owner.state.scan({ limit: 1000 }));
    former.process.kill("SIGCONT");
    // Its first write fails, which ends it.
    const signal = await former.ended;
    assert(signal === null, `the former owner was ended by ${signal}`);
    await owner.reclaim?.();
    await owner.state.commit([{ key: "owner", value: 2 }]);
    await owner.close();

    const storage = await openFsStorage(directory);
    const after = JSON.stringify(
      (await storage.state.scan({ limit: 1000 })).filter(({ key }) => key !== "owner"),
    );
    const kept = JSON.stringify(
      (JSON.parse(before) as { key: string }[]).filter(({ key }) => key !== "owner"),
    );
    assert(after === kept, "a write of the former owner was mixed in");
    await storage.close();
  } finally {
    former.process.kill("SIGKILL");
    await former.ended;
  }
}

/** Lets a lock look as if the machine had been started anew since. */
async function disown(directory: string): Promise<void> {
  const name = (await readdir(directory)).find((each) => each.startsWith("lock-"));
  const path = join(directory, name ?? "");
  const lock = JSON.parse(await readFile(path, "utf8")) as { bootId?: string };
  const file = await open(path, "r+");
  const text = `${JSON.stringify({ ...lock, bootId: "00000000-0000-0000-0000-000000000000" })}\n`;
  await file.truncate(0);
  await file.write(text, 0);
  await file.close();
}

async function linesUntil(lines: AsyncIterable<string>, wanted: string): Promise<void> {
  for await (const line of lines) if (line === wanted) return;
  throw new Error(`the child ended before it told "${wanted}"`);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}
