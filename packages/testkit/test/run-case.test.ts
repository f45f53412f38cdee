import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ConformanceCase, type Place, runCase, runConformance } from "../src/index.ts";
import { createHastyClock } from "./references/hasty-clock.ts";

const caseThat = <S>(run: ConformanceCase<S>["run"]): ConformanceCase<S> => ({
  id: "s/m/works",
  title: "works",
  run,
});

describe("runCase", () => {
  it("gives each case a place of its own, and removes its directory", async () => {
    const places: Place[] = [];
    const directories: string[] = [];
    const create = (place: Place) => {
      places.push(place);
      directories.push(place.directory());
      expect(place.directory()).toBe(directories.at(-1));
      writeFileSync(`${place.directory()}/file`, "content");
      return {};
    };
    await runCase(
      caseThat(() => {}),
      { create },
    );
    await runCase(
      caseThat(() => {}),
      { create },
    );
    expect(new Set(places.map(({ name }) => name)).size).toBe(2);
    expect(new Set(directories).size).toBe(2);
    expect(directories.some((directory) => existsSync(directory))).toBe(false);
  });

  it("closes the subject at the end, the reopened one where it was reopened, though the case fails", async () => {
    const closed: number[] = [];
    const subject = (number: number) => ({ close: async () => void closed.push(number) });
    const failing = caseThat<ReturnType<typeof subject>>(async (_, context) => {
      await context.reopen();
      throw new Error("wrong");
    });
    const run = runCase(failing, { create: () => subject(1), reopen: () => subject(2) });
    await expect(run).rejects.toThrow("wrong");
    expect(closed).toEqual([2]);
  });

  it("destroys the subject as the harness says, also when the case is skipped", async () => {
    const destroyed: string[] = [];
    const skipped = { ...caseThat<string>(() => {}), when: () => false };
    const harness = { create: () => "subject", destroy: (subject: string) => void destroyed.push(subject) };
    expect(await runCase(skipped, harness)).toBe("skipped");
    expect(destroyed).toEqual(["subject"]);
  });

  it("fails a durable subject whose harness does not say how to reopen it", async () => {
    const durable = caseThat(async (_, context) => void (await context.reopen()));
    await expect(runCase(durable, { create: () => ({}) })).rejects.toThrow("its harness must have `reopen`");
  });

  it("waits for what comes late, and fails with the last error when it never comes", async () => {
    let tries = 0;
    const late = caseThat((_, context) =>
      context.eventually(() => {
        if (++tries < 4) throw new Error("not yet");
      }),
    );
    await runCase(late, { create: () => ({}), clock: createHastyClock() });
    expect(tries).toBe(4);
    const never = caseThat((_, context) =>
      context.eventually(() => {
        throw new Error("never");
      }),
    );
    await expect(runCase(never, { create: () => ({}), clock: createHastyClock() })).rejects.toThrow("never");
  });
});

describe("runConformance", () => {
  it("reports what passed, what was skipped and what failed with what", async () => {
    const error = new Error("wrong");
    const report = await runConformance(
      [
        { id: "a", title: "passes", run: () => {} },
        { id: "b", title: "is skipped", when: () => false, run: () => {} },
        { id: "c", title: "fails", run: () => Promise.reject(error) },
      ],
      { create: () => ({}) },
    );
    expect(report).toEqual({ passed: ["a"], skipped: ["b"], failed: [{ id: "c", title: "fails", error }] });
  });

  it("reports a harness that fails as a failed case", async () => {
    const create = () => {
      throw new Error("no database");
    };
    const { failed } = await runConformance([caseThat(() => {})], { create });
    expect(failed).toHaveLength(1);
  });
});
