import type { Storage } from "@keelson/core";
import { crashPoints } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { ForgetPolicy } from "../src/index.ts";
import { keptByRules } from "../src/snapshot/keep-rules.ts";
import { codeOf, createGate, createSubject, failureOf, faultsOf, type Subject, stateOf } from "./support.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** Snapshots of a document each time changed, and of one that stays. */
async function createHistory(timesMs: readonly number[]): Promise<Subject & { readonly ids: string[] }> {
  const subject = await createSubject({ leaseMs: 1 });
  await subject.index.upsert([{ id: "stays", text: "stays" }]);
  const ids: string[] = [];
  for (const [i, timeMs] of timesMs.entries()) {
    subject.clock.setNow(timeMs);
    await subject.index.upsert([{ id: "changes", text: `version ${i}` }]);
    ids.push((await subject.index.snapshot()).id);
  }
  return { ...subject, ids };
}

async function packsOf({ blobs }: Storage): Promise<string[]> {
  return (await blobs.list("index/docs/pack/")).map(({ key }) => key);
}

async function allVerify({ index }: Subject): Promise<boolean> {
  const reports = await Promise.all((await index.snapshots()).map(({ id }) => index.verify(id)));
  return reports.every(({ ok }) => ok);
}

describe("keptByRules", () => {
  const at = (...times: number[]) => times.map((createdAtMs) => ({ id: `t${createdAtMs}`, createdAtMs }));
  const keptOf = (times: number[], rules: Parameters<typeof keptByRules>[1], nowMs = Date.UTC(2100, 0, 1)) =>
    Object.fromEntries(keptByRules(at(...times), rules, nowMs));

  it("keeps the newest of each of the last periods that have one", () => {
    const times = [0, 1, HOUR, HOUR + 5, 26 * HOUR, 27 * HOUR];
    expect(keptOf(times, { keepLast: 2 })).toEqual({
      [`t${27 * HOUR}`]: ["last"],
      [`t${26 * HOUR}`]: ["last"],
    });
    expect(Object.keys(keptOf(times, { hourly: 3 }))).toEqual([
      `t${27 * HOUR}`,
      `t${26 * HOUR}`,
      `t${HOUR + 5}`,
    ]);
    expect(Object.keys(keptOf(times, { daily: 5 }))).toEqual([`t${27 * HOUR}`, `t${HOUR + 5}`]);
    expect(keptOf(times, { keepLast: 1, monthly: 9 })).toEqual({ [`t${27 * HOUR}`]: ["last", "monthly"] });
  });

  it("begins weeks on Mondays and months on their first day, in UTC", () => {
    const sunday = Date.UTC(2026, 1, 1, 23);
    const monday = Date.UTC(2026, 1, 2);
    const january = Date.UTC(2026, 0, 31, 23);
    expect(Object.keys(keptOf([january, sunday, monday], { weekly: 9 }))).toEqual([
      `t${monday}`,
      `t${sunday}`,
    ]);
    expect(Object.keys(keptOf([january, sunday, monday], { monthly: 9 }))).toEqual([
      `t${monday}`,
      `t${january}`,
    ]);
  });

  it("keeps one from the future, in the place of none", () => {
    expect(keptOf([1, 2, 50], { keepLast: 1, daily: 1 }, 10)).toEqual({
      t2: ["last", "daily"],
      t50: ["future"],
    });
  });

  it("keeps what is younger than the minimum age", () => {
    expect(keptOf([10, 20, 30], { minAgeMs: 15 }, 30)).toEqual({ t30: ["young"], t20: ["young"] });
  });
});

describe("forget", () => {
  const days = Array.from({ length: 6 }, (_, day) => START + day * 24 * HOUR);

  it("forgets what no rule keeps, deletes the packs that only these needed, and says why others stay", async () => {
    const history = await createHistory(days);
    const { index, ids, storage } = history;
    const before = await packsOf(storage);
    expect(before).toHaveLength(6);
    const report = await index.forget({ keepLast: 1, daily: 2 });
    expect(report).toMatchObject({
      forgotten: ids.slice(0, 4),
      kept: [
        { id: ids[4], reasons: ["daily"] },
        { id: ids[5], reasons: ["last", "daily"] },
      ],
      dryRun: false,
    });
    // The first one also holds what stays.
    expect(report.packs).toBe(3);
    expect(await packsOf(storage)).toHaveLength(3);
    expect((await index.snapshots()).map(({ id }) => id)).toEqual(ids.slice(4));
    expect(await allVerify(history)).toBe(true);
    expect((await index.drill(ids[4] ?? "")).ok).toBe(true);
    expect(await index.forget({ keepLast: 9 })).toMatchObject({ forgotten: [], packs: 0, bytes: 0 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("only says so in a dry run", async () => {
    const { index, ids, storage } = await createHistory(days);
    const [state, packs] = [await stateOf(storage), await packsOf(storage)];
    const planned = await index.forget({ keepLast: 2 }, { dryRun: true });
    expect(planned).toMatchObject({ forgotten: ids.slice(0, 4), packs: 3, dryRun: true });
    expect(planned.bytes).toBeGreaterThan(0);
    expect([await stateOf(storage), await packsOf(storage)]).toEqual([state, packs]);
    expect({ ...(await index.forget({ keepLast: 2 })), dryRun: true }).toEqual(planned);
  });

  it("never forgets the newest one whose drill went well, nor a pinned one", async () => {
    const { index, ids, storage } = await createHistory(days);
    const [first = "", second = "", third = ""] = ids;
    await index.drill(first);
    await index.drill(second);
    const reference = { name: "docs", snapshot: third };
    await storage.state.commit(await index.control.pin(reference, "release/7"));
    const policies: ForgetPolicy[] = [{ keepLast: 1 }, { snapshotIds: ids.slice(1, 3) }];
    for (const policy of policies) {
      const { kept } = await index.forget(policy);
      expect(kept).toContainEqual({ id: second, reasons: ["newest-drilled"] });
      expect(kept).toContainEqual({ id: third, reasons: ["pinned"] });
    }
    await storage.state.commit(await index.control.unpin(reference, "release/7"));
    expect((await index.forget({ keepLast: 1 })).forgotten).toEqual([third]);
    expect((await index.snapshots()).map(({ id }) => id)).toEqual([second, ids.at(-1)]);
  });

  it("forgets chosen ones, damaged ones too, and refuses ids that there are not", async () => {
    const { index, ids, storage } = await createHistory(days);
    const damaged = ids[1] ?? "";
    await storage.blobs.put(`index/docs/snapshot/${damaged}`, new Uint8Array(3));
    expect(await codeOf(index.forget({ keepLast: 1 }))).toBe("SNAPSHOT_CORRUPT");
    expect(await failureOf(index.forget({ snapshotIds: [ids[0] ?? "", "none"] }))).toMatchObject({
      code: "SNAPSHOT_NOT_FOUND",
      details: { snapshotId: "none" },
    });
    expect((await index.forget({ snapshotIds: [damaged] })).forgotten).toEqual([damaged]);
    expect(await index.snapshots()).toHaveLength(5);
  });

  it("refuses a policy that keeps nothing, or makes no sense", async () => {
    const { index, ids } = await createHistory(days.slice(0, 2));
    for (const policy of [{}, { keepLast: 0 }, { minAgeMs: 5 }, { daily: 1.5 }, { keepLast: -1, daily: 1 }])
      expect(await codeOf(index.forget(policy))).toBe("ARGUMENT_INVALID");
    expect((await index.snapshots()).map(({ id }) => id)).toEqual(ids);
  });

  it("waits for a snapshot under way, and takes nothing that it needs", async () => {
    const history = await createHistory(days);
    const { index, open, storage, clock } = history;
    const reached = createGate();
    const gate = createGate();
    const slow = await open({
      blobs: {
        ...storage.blobs,
        put: async (key, ...rest) => {
          if (key.includes("/snapshot/")) {
            reached.open();
            await gate.opened;
          }
          await storage.blobs.put(key, ...rest);
        },
      },
    });
    clock.setNow(clock.now() + 1);
    await index.upsert([{ id: "new", text: "new" }]);
    const taking = slow.snapshot();
    await reached.opened;
    const forgetting = index.forget({ keepLast: 1 });
    gate.open();
    const { id } = await taking;
    expect((await forgetting).kept).toEqual([{ id, reasons: ["last"] }]);
    expect(await allVerify(history)).toBe(true);
  });

  it("lets a snapshot that has lost its turn leave no manifest behind", async () => {
    const history = await createHistory(days);
    const { index, open, storage, clock } = history;
    const slow = await open({
      blobs: {
        ...storage.blobs,
        put: async (key, ...rest) => {
          if (key.includes("/snapshot/")) {
            // It stands still for so long that its lease runs out, and another takes its turn.
            clock.setNow(clock.now() + 10);
            await index.upsert([{ id: "changes", text: "meanwhile" }]);
            await index.snapshot();
            await index.forget({ keepLast: 1 });
          }
          await storage.blobs.put(key, ...rest);
        },
      },
    });
    expect(await codeOf(slow.snapshot())).toBe("LEASE_LOST");
    expect(await index.snapshots()).toHaveLength(1);
    expect(await allVerify(history)).toBe(true);
  });

  it("leaves every remaining snapshot whole wherever it dies, and finishes when it is called again", async () => {
    let history = await createHistory(days.slice(0, 4));
    const create = async (): Promise<Storage> => {
      history = await createHistory(days.slice(0, 4));
      return history.storage;
    };
    let crashes = 0;
    for await (const point of crashPoints({ create })) {
      const { open, clock, storage, ids } = history;
      const died = await point.run(async (faulty) => await (await open(faulty)).forget({ keepLast: 2 }));
      if (died) crashes++;
      clock.setNow(clock.now() + 1);
      const index = await open();
      expect(await allVerify({ ...history, index })).toBe(true);
      await index.snapshot();
      await index.forget({ keepLast: 2 });
      expect(await index.snapshots()).toHaveLength(2);
      expect(await allVerify({ ...history, index })).toBe(true);
      expect((await packsOf(storage)).length).toBeLessThanOrEqual(3);
      expect(await faultsOf(storage)).toEqual([]);
      expect(ids).toHaveLength(4);
    }
    expect(crashes).toBeGreaterThan(10);
  });
});

describe("snapshots in a row", () => {
  it("repack what is little used, so that what they need stays in proportion to what they hold", async () => {
    const { index, clock, storage } = await createSubject();
    const size = 200;
    for (let round = 0; round < 30; round++) {
      clock.setNow(clock.now() + 1);
      await index.upsert(
        Array.from({ length: size }, (_, i) => i)
          .filter((i) => round === 0 || i % 10 === round % 10)
          .map((i) => ({ id: `d${i}`, text: `text ${i} of round ${round}` })),
      );
      await index.snapshot();
    }
    const snapshots = await index.snapshots();
    for (const { bytes } of snapshots) expect(bytes).toBeLessThan(3 * (snapshots[0]?.bytes ?? 0));
    await index.forget({ keepLast: 1 });
    const left = (await storage.blobs.list("index/docs/pack/")).reduce(
      (sum, { size: bytes }) => sum + bytes,
      0,
    );
    expect(left).toBe(snapshots.at(-1)?.bytes);
    expect((await index.verify(snapshots.at(-1)?.id ?? "")).ok).toBe(true);
  });

  it("make one pack of many small ones", async () => {
    const { index, clock } = await createSubject();
    await index.upsert(Array.from({ length: 100 }, (_, i) => ({ id: `d${i}`, text: `text ${i}` })));
    let most = 0;
    for (let round = 0; round < 80; round++) {
      clock.setNow(clock.now() + 1);
      await index.upsert([{ id: `n${round}`, text: `new ${round}` }]);
      const { id } = await index.snapshot();
      most = Math.max(most, (await index.verify(id)).objects);
    }
    expect(most).toBeLessThan(40);
  });
});
