import type { Json, StateStore } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { hashEvent } from "../src/audit-event.ts";
import { type AuditEvent, createReleaseManager, type ReleaseManager } from "../src/index.ts";
import { bench, casesOf, codeOf, scoreTable } from "./support.ts";

const keyOf = (sequence: number): string => `release/default/audit/${String(sequence).padStart(12, "0")}`;

async function lived(): Promise<{ manager: ReleaseManager; state: StateStore }> {
  const made = await bench({ promoted: 2, evals: scoreTable({}) });
  await made.manager.canary("v3", { cases: casesOf(2), by: "ana" });
  await made.manager.rollback({ by: "bo", why: "complaints" });
  return made;
}

describe("ReleaseManager.history", () => {
  it("tells what happened, oldest first, with who and why", async () => {
    const { manager } = await lived();
    const events = await manager.history();
    expect(events.map(({ sequence, type, release, by }) => [sequence, type, release, by])).toEqual([
      [1, "registered", "v1", undefined],
      [2, "registered", "v2", undefined],
      [3, "registered", "v3", undefined],
      [4, "promoted", "v1", undefined],
      [5, "promoted", "v2", undefined],
      [6, "canaryJudged", "v3", "ana"],
      [7, "rolledBack", "v1", "bo"],
    ]);
  });

  it("pages, and narrows to a release or to types", async () => {
    const { manager } = await lived();
    const sequences = async (options: Parameters<typeof manager.history>[0]): Promise<number[]> =>
      (await manager.history(options)).map(({ sequence }) => sequence);
    expect(await sequences({ limit: 2 })).toEqual([1, 2]);
    expect(await sequences({ after: 2, limit: 2 })).toEqual([3, 4]);
    expect(await sequences({ after: 7 })).toEqual([]);
    expect(await sequences({ release: "v1" })).toEqual([1, 4, 7]);
    expect(await sequences({ release: "v1", limit: 2 })).toEqual([1, 4]);
    expect(await sequences({ types: ["promoted", "rolledBack"], after: 4 })).toEqual([5, 7]);
    expect(await codeOf(manager.history({ limit: 0 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(manager.history({ after: -1 }))).toBe("ARGUMENT_INVALID");
  });
});

describe("ReleaseManager.verifyAudit", () => {
  it("finds a chain that nobody touched sound, and an empty one", async () => {
    const { manager } = await lived();
    const last = (await manager.history()).at(-1) as AuditEvent;
    expect(await manager.verifyAudit()).toEqual({
      valid: true,
      events: 7,
      anchor: { sequence: 7, hash: last.hash },
    });
    const { another } = await bench();
    const empty = another();
    expect((await empty.verifyAudit()).valid).toBe(true);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])("finds event %i missing", async (sequence) => {
    const { manager, state } = await lived();
    await state.commit([{ key: keyOf(sequence), delete: true }]);
    expect(await manager.verifyAudit()).toMatchObject({
      valid: false,
      events: sequence - 1,
      fault: { sequence, reason: "missing" },
    });
  });

  it.each<[string, (event: Record<string, Json>) => Json]>([
    ["who", (event) => ({ ...event, by: "somebody else" })],
    ["when", (event) => ({ ...event, atMs: 0 })],
    ["the release", (event) => ({ ...event, release: "v3" })],
    ["something added", (event) => ({ ...event, evidence: { cases: 1000 } })],
    ["the hash", (event) => ({ ...event, hash: "0".repeat(64) })],
    ["the whole event", () => null],
  ])("finds an event with %s changed", async (_, change) => {
    for (const sequence of [1, 4, 7]) {
      const { manager, state } = await lived();
      const [entry] = await state.get([keyOf(sequence)]);
      await state.commit([{ key: keyOf(sequence), value: change(entry?.value as Record<string, Json>) }]);
      expect(await manager.verifyAudit()).toMatchObject({ valid: false, fault: { sequence } });
    }
  });

  it("finds the newest event replaced by one that is sound in itself", async () => {
    const { manager, state } = await lived();
    const [entry] = await state.get([keyOf(7)]);
    const forged = { ...(entry?.value as unknown as AuditEvent), by: "somebody else" };
    await state.commit([{ key: keyOf(7), value: { ...forged, hash: hashEvent(forged) } as unknown as Json }]);
    expect(await manager.verifyAudit()).toMatchObject({
      valid: false,
      fault: { sequence: 7, reason: "not the newest event that the head names" },
    });
  });

  it("finds two events that changed places, and one put behind the newest", async () => {
    const { manager, state } = await lived();
    const [first, second] = await state.get([keyOf(2), keyOf(3)]);
    await state.commit([
      { key: keyOf(2), value: second?.value as Json },
      { key: keyOf(3), value: first?.value as Json },
    ]);
    expect(await manager.verifyAudit()).toMatchObject({ valid: false, fault: { sequence: 2 } });

    const other = await lived();
    const [copied] = await other.state.get([keyOf(7)]);
    await other.state.commit([{ key: keyOf(8), value: copied?.value as Json }]);
    expect(await other.manager.verifyAudit()).toMatchObject({
      valid: false,
      fault: { sequence: 8, reason: "stands behind the newest event" },
    });
  });

  it("finds the newest event cut off together with what the head says of it only by an anchor", async () => {
    const { manager, state } = await lived();
    const { anchor } = await manager.verifyAudit();
    const [head, before] = await state.get(["release/default/head", keyOf(6)]);
    const event = before?.value as unknown as AuditEvent;
    await state.commit([
      { key: keyOf(7), delete: true },
      {
        key: "release/default/head",
        value: { ...(head?.value as Record<string, Json>), audit: { sequence: 6, hash: event.hash } },
      },
    ]);
    expect((await manager.verifyAudit()).valid).toBe(true);
    expect(await manager.verifyAudit({ anchor })).toMatchObject({ valid: false, fault: { sequence: 7 } });
    // Others go on from there, and the chain no longer leads through the anchor.
    await manager.promote("v3");
    expect((await manager.verifyAudit()).valid).toBe(true);
    expect(await manager.verifyAudit({ anchor })).toMatchObject({
      valid: false,
      fault: { sequence: 7, reason: "not the event of the anchor" },
    });
  });

  it("keeps an older anchor valid as the chain grows, also while it is read", async () => {
    const { manager, state, another } = await bench({ promoted: 1 });
    const { anchor } = await manager.verifyAudit();
    const busy = another();
    let grown = false;
    const { scan } = state;
    const growing: StateStore = {
      ...state,
      scan: async (options) => {
        if (!grown) {
          grown = true;
          await busy.promote("v2");
        }
        return scan(options);
      },
    };
    const reader = createReleaseManager({ state: growing });
    expect(await reader.verifyAudit({ anchor })).toEqual({ valid: true, events: 4, anchor });
    expect((await manager.verifyAudit({ anchor })).events).toBe(5);
  });
});
