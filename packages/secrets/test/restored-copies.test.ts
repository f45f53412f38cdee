import { createMemoryStorage } from "@keelson/adapters-memory";
import type { SecretBackend, SecretRecord, StateStore } from "@keelson/core";
import { createSecretStore, type OverlapPolicy, verifyAudit } from "@keelson/secrets";
import { createFaultyStorage } from "@keelson/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

const ALL = ["one", "two", "three", "four"];

/** Puts a copy of the record back, as a restore of the backend does. */
async function putBack(backend: SecretBackend, copy: SecretRecord | undefined): Promise<void> {
  if (copy === undefined) throw new Error("there is no copy");
  const expect = (await backend.read("api"))?.revision ?? "absent";
  await backend.write("api", copy.payload, { expect });
}

describe("an older copy of the record that is put back", () => {
  it("brings back no version that was revoked since", async () => {
    const { store, reopen, backend } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    const copy = await backend.read("api");
    await store.expireGrace("api");
    await putBack(backend, copy);
    expect(await accepted(store, "api", ALL)).toEqual(["two"]);
    expect(await accepted(reopen(), "api", ALL)).toEqual(["two"]);
    expect((await backend.read("api"))?.payload.expose()).not.toContain('"one"');
  });

  it("brings back no current version that was revoked since", async () => {
    const { store, reopen, backend } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    await store.revoke("api", 1);
    await putBack(backend, copy);
    for (const each of [store, reopen()]) {
      expect(await accepted(each, "api", ALL)).toEqual([]);
      await expect(each.get("api")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    }
  });

  it("lets a replaced version live to its deadline, and no longer", async () => {
    const { store, reopen, backend, clock } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await putBack(backend, copy);
    expect(await store.verify("api", "one")).toEqual({
      ok: true,
      version: 1,
      stage: "previous",
      expiresAtMs: clock.now() + MINUTE,
    });
    await clock.advance(MINUTE);
    expect(await accepted(reopen(), "api", ALL)).toEqual([]);
  });

  it("brings back no version whose window nobody has seen ending", async () => {
    const { store, reopen, backend, clock } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await clock.advance(MINUTE);
    await putBack(backend, copy);
    expect(await accepted(reopen(), "api", ALL)).toEqual([]);
  });

  it("does so even to a store that knew just that copy", async () => {
    const storage = createMemoryStorage();
    let served: SecretRecord | undefined;
    const secrets: SecretBackend = {
      ...storage.secrets,
      read: (name) => served ?? storage.secrets.read(name),
    };
    const { clock, store } = openStore({ secrets, state: storage.state });
    const late = createSecretStore({ secrets, state: storage.state, clock });
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    const copy = await storage.secrets.read("api");
    expect(await accepted(late, "api", ALL)).toEqual(["one", "two"]);
    await store.expireGrace("api");
    // The backend answers as it did then, revision and all. What it is told to write it refuses.
    served = copy;
    expect(await late.verify("api", "one").catch(() => "refused")).not.toMatchObject({ ok: true });
    expect((await late.verify("api", "two")).ok).toBe(true);
  });

  it("gives no version number twice, and goes on from there", async () => {
    const { store, reopen, backend } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    for (const value of ["two", "three"]) await store.rotate("api", { graceMs: 0, value });
    await putBack(backend, copy);
    const again = reopen();
    expect(await again.rotate("api", { graceMs: MINUTE, value: "four" })).toMatchObject({
      version: 4,
      previous: undefined,
    });
    expect(await accepted(again, "api", ALL)).toEqual(["four"]);
  });

  it("gives up a rotation that it was on its way with and that has ended since", async () => {
    const { store, reopen, backend } = openStore();
    await store.put("api", "one");
    let copy: SecretRecord | undefined;
    const set = async () => {
      copy = await backend.read("api");
    };
    await store.rotate("api", { graceMs: 0, value: "two", hooks: { set } });
    await store.revoke("api", 2);
    await putBack(backend, copy);
    const again = reopen();
    expect(await again.resume("api", { hooks: { set } })).toMatchObject({ outcome: "none" });
    expect(await accepted(again, "api", ALL)).toEqual([]);
    expect((await again.status("api")).versions.map(({ stage }) => stage)).toEqual(["revoked", "revoked"]);
  });

  it("does not undo itself when the newer copy comes back", async () => {
    const { store, reopen, backend } = openStore();
    await store.put("api", "one");
    const older = await backend.read("api");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    const newer = await backend.read("api");
    await putBack(backend, older);
    expect(await accepted(reopen(), "api", ALL)).toEqual(["one"]);
    await putBack(backend, newer);
    expect(await accepted(reopen(), "api", ALL)).toEqual(["one", "two"]);
  });

  it("is told of in the audit, as what is missing", async () => {
    const { store, backend, clock } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    await store.rotate("api", { graceMs: 0, value: "two" });
    const { head } = await store.audit("api");
    await putBack(backend, copy);
    const { events, intact } = await store.audit("api");
    expect(events.map(({ seq, action }) => `${seq} ${action}`)).toEqual([
      "1 put",
      `${head.seq + 1} restored`,
    ]);
    expect(events[1]).toMatchObject({ atMs: clock.now(), version: 2, previousHash: head.hash });
    expect(intact).toBe(false);
    for (let i = 0; i < 70; i++) await store.rotate("api", { graceMs: 0 });
    const later = await store.audit("api");
    expect([later.intact, later.dropped + later.events.length]).toEqual([true, later.head.seq]);
  });

  it("does not bind another secret that was put under the name of a deleted one", async () => {
    const { store, backend } = openStore();
    await store.put("api", "one");
    const copy = await backend.read("api");
    await store.revoke("api", 1);
    await backend.delete("api");
    await store.put("api", "two");
    expect(await accepted(store, "api", ALL)).toEqual(["two"]);
    await putBack(backend, copy);
    expect(await accepted(store, "api", ALL)).toEqual([]);
  });

  it("is believed where there is no state, or where that was put back too", async () => {
    const { secrets } = createMemoryStorage();
    const { store } = openStore({ backend: secrets });
    await store.put("api", "one");
    const copy = await secrets.read("api");
    await store.revoke("api", 1);
    await putBack(secrets, copy);
    expect(await accepted(store, "api", ALL)).toEqual(["one"]);
  });
});

describe("what has ended", () => {
  it("is added by the next call where a process died between the record and the state", async () => {
    const storage = createMemoryStorage();
    const { store, clock, reopen } = openStore(storage);
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    const copy = await storage.secrets.read("api");
    const dying = createFaultyStorage(storage, { at: 1, on: ["state.commit"], effect: "kill" });
    await expect(createSecretStore({ ...dying, clock }).expireGrace("api")).rejects.toThrow("killed");
    expect(await accepted(reopen(), "api", ALL)).toEqual(["two"]);
    await putBack(storage.secrets, copy);
    expect(await accepted(reopen(), "api", ALL)).toEqual(["two"]);
  });

  it("costs nobody a value that was made when it cannot be added, and is told as a warning", async () => {
    const warnings: unknown[] = [];
    const storage = createMemoryStorage();
    const faulty = createFaultyStorage(storage, { at: 1, on: ["state.commit"], times: 2 });
    const { store } = openStore({ ...faulty, onWarning: ({ type }) => void warnings.push(type) });
    const { secret } = await store.put("api", undefined, { kind: "verify" });
    const next = await store.rotate("api", { graceMs: MINUTE });
    expect(warnings).toEqual(["endings-not-written", "endings-not-written"]);
    expect(await accepted(store, "api", [secret.expose(), next.secret.expose()])).toHaveLength(2);
    const [entry] = await storage.state.get(["secrets/endings/api"]);
    expect(JSON.stringify(entry?.value)).toContain('"newest":2');
  });

  it("holds no value, digest or key", async () => {
    const { store, backend, state } = openStore();
    await store.put("api", token("one"), { kind: "verify" });
    await store.rotate("api", { graceMs: MINUTE });
    await store.verify("api", token("one"), { consumer: "web" });
    const record = JSON.parse((await backend.read("api"))?.payload.expose() ?? "");
    const kept = JSON.stringify(await (state as StateStore).scan());
    for (const hidden of [record.key, ...record.versions.map(({ digest }: { digest: string }) => digest)])
      expect(kept).not.toContain(hidden);
  });
});

const step = fc.oneof(
  fc.record({
    do: fc.constant("rotate" as const),
    graceMs: fc.integer({ min: 0, max: 4 }),
    onOverlap: fc.constantFrom<OverlapPolicy>("refuse", "keep-each-deadline", "revoke-previous"),
  }),
  fc.record({ do: fc.constant("revoke" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("expire" as const) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ do: fc.constant("copy" as const) }),
  fc.record({ do: fc.constant("restore" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("restart" as const) }),
);

describe("any schedule of rotations, revocations, copies and restores", () => {
  it("never accepts again what was refused once", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { backend, clock, reopen, store: first } = openStore();
        let store = first;
        const values = [token("v1")];
        const copies: (SecretRecord | undefined)[] = [];
        const refused = new Set<string>();
        await store.put("api", token("v1"), { kind: "verify" });
        for (const action of steps) {
          if (action.do === "advance") await clock.advance(action.ms);
          else if (action.do === "restart") store = reopen();
          else if (action.do === "copy") copies.push(await backend.read("api"));
          else if (action.do === "expire") await store.expireGrace("api");
          else if (action.do === "revoke")
            await store.revoke("api", 1 + (action.pick % values.length)).catch(() => {});
          else if (action.do === "restore") {
            if (copies.length > 0) await putBack(backend, copies[action.pick % copies.length]);
          } else {
            const value = token(`v${values.length + 1}`);
            const { graceMs, onOverlap } = action;
            const rotated = await store.rotate("api", { graceMs, onOverlap, value }).catch(() => undefined);
            if (rotated !== undefined) values.push(value);
          }
          // A version that a restore has lost is unknown, and not refused for good: the newer copy may come back.
          const { versions } = await store.status("api");
          for (const [i, value] of values.entries()) {
            const { ok } = await store.verify("api", value);
            if (refused.has(value)) expect(ok).toBe(false);
            if (!ok && versions.some(({ version, stage }) => version === i + 1 && stage === "revoked"))
              refused.add(value);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("verifyAudit", () => {
  it("shows a tail that was cut, and a chain that was written anew, by a head kept elsewhere", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    for (let i = 0; i < 4; i++) await store.rotate("api", { graceMs: 0 });
    const { events, dropped, head } = await store.audit("api");
    expect(head).toEqual({ seq: 9, hash: events.at(-1)?.hash });
    expect(verifyAudit("api", { events, dropped }, head)).toEqual({ intact: true });
    expect(verifyAudit("api", { events: events.slice(0, 5), dropped })).toEqual({ intact: true });
    const cut = verifyAudit("api", { events: events.slice(0, 5), dropped }, head);
    expect(cut).toEqual({ intact: false, seq: 6, fault: "cut" });
    const other = { seq: 9, hash: "f".repeat(64) };
    expect(verifyAudit("api", { events, dropped }, other)).toMatchObject({ intact: false, fault: "changed" });
    expect(verifyAudit("api", { events, dropped }, { ...other, seq: 4 })).toMatchObject({
      seq: 4,
      fault: "changed",
    });
    expect(
      verifyAudit("api", { events: events.slice(3), dropped: 3 }, { seq: 3, hash: events[2]?.hash ?? "" }),
    ).toEqual({
      intact: true,
    });
    expect(verifyAudit("other", { events, dropped })).toEqual({ intact: false, seq: 1, fault: "changed" });
  });
});
