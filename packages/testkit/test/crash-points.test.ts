import type { Storage } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { type CrashPointsOptions, crashPoints } from "../src/index.ts";
import { referenceHarness } from "./references/reference-storage.ts";

const twoCommits = async ({ state }: Storage): Promise<void> => {
  await state.commit([{ key: "a", value: 1 }]);
  await state.commit([{ key: "b", value: 1 }]);
};

async function trace(options: Partial<CrashPointsOptions> = {}): Promise<string[]> {
  const seen: string[] = [];
  for await (const point of crashPoints({ ...referenceHarness(), ...options })) {
    const died = await point.run(twoCommits);
    const entries = await (await point.recover()).state.scan();
    seen.push(
      `${point.step} ${point.effect} ${died ? "died" : "ended"}: ${entries.map(({ key }) => key).join("")}`,
    );
  }
  return seen;
}

describe("crashPoints", () => {
  it("dies at every step in every way, and ends with the first run that gets through", async () => {
    expect(await trace({ effects: ["kill", "kill-after"] })).toEqual([
      "1 kill died: ",
      "1 kill-after died: a",
      "2 kill died: a",
      "2 kill-after died: ab",
      "3 kill ended: ab",
      "3 kill-after ended: ab",
    ]);
  });

  it("counts only the calls that it is told to", async () => {
    expect(await trace({ on: ["blobs.put"], effects: ["kill"] })).toEqual(["1 kill ended: ab"]);
  });

  it("throws what the program fails with when it is not its death, and knows its death in a cause", async () => {
    const failure = new Error("a defect");
    const points = crashPoints({ ...referenceHarness(), effects: ["kill"] });
    const first = (await points.next()).value;
    await expect(first.run(() => Promise.reject(failure))).rejects.toBe(failure);
    const wrapped = first.run(async (storage: Storage) => {
      try {
        await twoCommits(storage);
      } catch (cause) {
        throw new Error("could not commit", { cause });
      }
    });
    expect(await wrapped).toBe(true);
    await points.return(undefined);
  });

  it("gives up on a program that does not come to an end", async () => {
    const endless = async (): Promise<void> => {
      for await (const point of crashPoints({ ...referenceHarness(), effects: ["kill"], maxSteps: 3 }))
        await point.run(async (storage) => {
          while (true) await twoCommits(storage);
        });
    };
    await expect(endless()).rejects.toThrow("the program has not ended after 3 steps");
  });

  it("gives each point a storage of its own, and closes it", async () => {
    const storages = new Set<unknown>();
    let last: Storage | undefined;
    for await (const point of crashPoints({ ...referenceHarness(), effects: ["kill"] })) {
      await point.run(twoCommits);
      last = await point.recover();
      storages.add(last);
    }
    expect(storages.size).toBe(3);
    await expect(last?.state.get(["a"])).rejects.toThrow("closed");
  });
});
