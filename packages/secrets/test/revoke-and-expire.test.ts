import { describe, expect, it } from "vitest";
import { accepted, MINUTE, openStore } from "./support/open-store.ts";

describe("expireGrace", () => {
  it("ends all open windows, in every store over the backend and after a restart", async () => {
    const { store, reopen } = openStore();
    const other = reopen();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await store.rotate("api", { graceMs: MINUTE, value: "three", onOverlap: "keep-each-deadline" });
    expect(await accepted(other, "api", ["one", "two", "three"])).toEqual(["one", "two", "three"]);
    expect(await store.expireGrace("api")).toEqual({ revoked: [1, 2] });
    for (const each of [store, other, reopen()])
      expect(await accepted(each, "api", ["one", "two", "three"])).toEqual(["three"]);
  });

  it("does nothing where no window is open", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    expect(await store.expireGrace("api")).toEqual({ revoked: [] });
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await store.expireGrace("api", { by: "ops", why: "all have moved" });
    expect(await store.expireGrace("api")).toEqual({ revoked: [] });
    const { events } = await store.audit("api");
    expect(events.at(-1)).toMatchObject({
      action: "grace-ended",
      version: 1,
      by: "ops",
      why: "all have moved",
    });
  });

  it("holds however many stores call it at once", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    const results = await Promise.all(Array.from({ length: 8 }, () => reopen().expireGrace("api")));
    expect(results.flatMap(({ revoked }) => revoked)).toEqual([1]);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["two"]);
  });

  it("knows no secret of an unknown name", async () => {
    const { store } = openStore();
    await expect(store.expireGrace("api")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});

describe("revoke", () => {
  it("ends one version and leaves the others their windows", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await store.revoke("api", 2);
    expect(await accepted(store, "api", ["one", "two"])).toEqual(["one"]);
    await expect(store.get("api")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    await store.revoke("api", 1);
    await store.revoke("api", 1);
    expect(await accepted(store, "api", ["one", "two"])).toEqual([]);
  });

  it("leaves nothing of the value in the record", async () => {
    const { store, backend } = openStore();
    await store.put("api", "canary-value");
    await store.rotate("api", { graceMs: MINUTE });
    const digestOf = async () =>
      JSON.parse((await backend.read("api"))?.payload.expose() ?? "").versions[0].digest as string;
    const digest = await digestOf();
    await store.revoke("api", 1);
    const payload = (await backend.read("api"))?.payload.expose();
    expect(payload).not.toContain("canary-value");
    expect(payload).not.toContain(digest);
  });

  it("refuses versions that never were", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await expect(store.revoke("api", 2)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    await expect(store.revoke("api", 1.5)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });

  it("gives up a pending rotation, whose caller learns of it", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const set = () => reopen().revoke("api", 2);
    await expect(store.rotate("api", { graceMs: 0, value: "two", hooks: { set } })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
    });
    const { current, rotation } = await store.status("api");
    expect([current, rotation]).toEqual([1, undefined]);
    expect(await store.rotate("api", { graceMs: 0, value: "three" })).toMatchObject({ version: 3 });
  });
});

describe("status", () => {
  it("tells versions, stages and deadlines", async () => {
    const { store, clock } = openStore();
    const at = clock.now();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 0, value: "two" });
    await clock.advance(1);
    await store.rotate("api", { graceMs: MINUTE, value: "three" });
    const { versions, ...rest } = await store.status("api");
    expect(rest).toEqual({
      name: "api",
      kind: "use",
      current: 3,
      rotation: undefined,
      schedule: undefined,
      clockJump: undefined,
    });
    const fingerprint = expect.stringMatching(/^[\da-f]{16}$/);
    expect(versions).toEqual([
      {
        version: 1,
        stage: "revoked",
        createdAtMs: at,
        expiresAtMs: undefined,
        revokedAtMs: at,
        fingerprint,
        usage: [],
      },
      {
        version: 2,
        stage: "previous",
        createdAtMs: at,
        expiresAtMs: at + 1 + MINUTE,
        revokedAtMs: undefined,
        fingerprint,
        usage: [],
      },
      {
        version: 3,
        stage: "current",
        createdAtMs: at + 1,
        expiresAtMs: undefined,
        revokedAtMs: undefined,
        fingerprint,
        usage: [],
      },
    ]);
    expect(new Set(versions.map((version) => version.fingerprint)).size).toBe(3);
  });

  it("keeps the last 16 revoked versions, and numbers on", async () => {
    const { store } = openStore();
    await store.put("api", "value 1");
    for (let i = 2; i <= 30; i++) await store.rotate("api", { graceMs: 0, value: `value ${i}` });
    const { versions } = await store.status("api");
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 17 }, (_, i) => i + 14));
    await expect(store.revoke("api", 3)).resolves.toBeUndefined();
  });

  it("knows no secret of an unknown name", async () => {
    const { store } = openStore();
    await expect(store.status("api")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});
