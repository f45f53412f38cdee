import { createHash } from "node:crypto";
import { Secret } from "@keelson/core";
import type { AuditEvent } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore } from "./support/open-store.ts";

function rehashed(event: AuditEvent | undefined, why: string) {
  const { seq, atMs, action, version, fingerprint, previousHash } = event as AuditEvent;
  const fields = ["api", seq, atMs, action, version, fingerprint, null, why, previousHash];
  return { why, hash: createHash("sha256").update(JSON.stringify(fields)).digest("hex") };
}

describe("audit", () => {
  it("tells who did what to which version, when and why", async () => {
    const { store, clock } = openStore();
    const start = clock.now();
    await store.put("api", "one", { by: "ann" });
    await store.rotate("api", { graceMs: MINUTE, value: "two", by: "bob", why: "yearly" });
    await clock.advance(MINUTE);
    await store.status("api");
    const hooks = { set: () => Promise.reject(new Error("down")) };
    await store.rotate("api", { graceMs: MINUTE, value: "three", hooks }).catch(() => {});
    await store.rotate("api", { graceMs: MINUTE, value: "four" });
    await store.expireGrace("api");
    await store.revoke("api", 4, { by: "eve", why: "leak" });
    const { events, dropped, intact } = await store.audit("api");
    expect(events.map(({ action, version }) => `${action} ${version}`)).toEqual([
      "put 1",
      "rotated 2",
      "grace-expired 1",
      "rotation-begun 3",
      "rotation-failed 3",
      "rotated 4",
      "grace-ended 2",
      "revoked 4",
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events[1]).toMatchObject({ atMs: start, by: "bob", why: "yearly" });
    expect(events[2]).toMatchObject({ atMs: start + MINUTE, fingerprint: events[0]?.fingerprint });
    expect([dropped, intact]).toEqual([0, true]);
  });

  it("is chained by hashes that anybody can compute", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 0, value: "two", why: "leak" });
    let previousHash = "0".repeat(64);
    for (const event of (await store.audit("api")).events) {
      const { seq, atMs, action, version, fingerprint = null, by = null, why = null, hash } = event;
      const fields = ["api", seq, atMs, action, version, fingerprint, by, why, previousHash];
      expect(event.previousHash).toBe(previousHash);
      expect(hash).toBe(createHash("sha256").update(JSON.stringify(fields)).digest("hex"));
      previousHash = hash;
    }
  });

  it.each<[string, (events: AuditEvent[], log: object) => void]>([
    ["changed", (events) => void Object.assign(events[1] ?? {}, { why: "nothing" })],
    [
      "changed and hashed anew",
      ([, second]) => void Object.assign(second ?? {}, rehashed(second, "nothing")),
    ],
    ["forgotten without being counted", (_, log) => void Object.assign(log, { dropped: 1 })],
    ["removed", (events) => void events.splice(1, 1)],
    ["swapped", (events) => void events.reverse()],
  ])("shows that an event was %s", async (_, tamper) => {
    const { store, backend } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 0 });
    await store.rotate("api", { graceMs: 0 });
    const record = await backend.read("api");
    const stored = JSON.parse(record?.payload.expose() ?? "");
    tamper(stored.audit.events, stored.audit);
    const payload = new Secret(JSON.stringify(stored), { name: "api", version: 3 });
    await backend.write("api", payload, { expect: record?.revision ?? "absent" });
    expect((await store.audit("api")).intact).toBe(false);
  });

  it("keeps the last 128 events, and counts those it dropped", async () => {
    const { store, backend } = openStore();
    await store.put("api", "value");
    for (let i = 0; i < 150; i++) await store.rotate("api", { graceMs: 0 });
    const { events, dropped, intact } = await store.audit("api");
    expect([events.length, dropped, intact]).toEqual([128, 301 - 128, true]);
    expect([events[0]?.seq, events.at(-1)?.seq]).toEqual([dropped + 1, 301]);
    expect((await backend.read("api"))?.payload.expose().length).toBeLessThan(64 * 1024);
  });
});
