import { createMemoryStorage } from "@keelson/adapters-memory";
import type { SecretWarning } from "@keelson/secrets";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

const HOUR = 60 * MINUTE;

async function rotated(options: Parameters<typeof openStore>[0] = {}) {
  const opened = openStore(options);
  await opened.store.put("api", token("one"), { kind: "verify" });
  await opened.store.rotate("api", { graceMs: 24 * HOUR, value: token("two") });
  return opened;
}

describe("the usage of a version", () => {
  it("is counted per consumer, in all processes together", async () => {
    const { store, reopen, clock } = await rotated();
    const other = reopen();
    const start = clock.now();
    for (let i = 0; i < 3; i++) await store.verify("api", token("one"), { consumer: "billing" });
    await clock.advance(1_000);
    await other.verify("api", token("one"), { consumer: "billing" });
    await other.verify("api", token("two"), { consumer: "web" });
    await other.verify("api", token("two"));
    await store.verify("api", "wrong", { consumer: "web" });
    await other.status("api");
    const { versions } = await store.status("api");
    expect(versions.map(({ usage }) => usage)).toEqual([
      [{ consumer: "billing", count: 4, lastUsedAtMs: start + 1_000 }],
      [
        { consumer: "unnamed", count: 1, lastUsedAtMs: start + 1_000 },
        { consumer: "web", count: 1, lastUsedAtMs: start + 1_000 },
      ],
    ]);
  });

  it("is written once a minute and consumer, and never known later than that", async () => {
    const storage = createFaultyStorage(createMemoryStorage());
    const { store, reopen, clock } = await rotated(storage);
    const commits = () => storage.calls.filter(({ operation }) => operation === "state.commit").length;
    const before = commits();
    const end = clock.now() + 10 * MINUTE;
    let used = 0;
    while (clock.now() < end) {
      used = clock.now();
      await store.verify("api", token("one"), { consumer: "billing" });
      await clock.advance(700);
      const stored = (await reopen().status("api")).versions[0]?.usage[0]?.lastUsedAtMs ?? 0;
      expect(used - stored).toBeLessThan(MINUTE);
    }
    expect(commits() - before).toBeLessThanOrEqual(11);
    expect((await store.status("api")).versions[0]?.usage[0]?.lastUsedAtMs).toBe(used);
  });

  it("counts consumers beyond the 64th together", async () => {
    const { store } = await rotated();
    for (let i = 0; i < 70; i++) await store.verify("api", token("two"), { consumer: `consumer ${i}` });
    const usage = (await store.status("api")).versions[1]?.usage ?? [];
    expect(usage).toHaveLength(65);
    expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(70);
    expect(usage.find(({ consumer }) => consumer === "others")?.count).toBe(6);
  });

  it("stays with its version while others come and go", async () => {
    const { store } = openStore();
    const values = ["v1", "v2", "v3", "v4"].map(token);
    await store.put("api", values[0], { kind: "verify" });
    const uses = new Map<number, number>();
    for (const newest of values.keys()) {
      if (newest > 0)
        await store.rotate("api", {
          graceMs: HOUR,
          value: values[newest],
          onOverlap: newest > 2 ? "revoke-previous" : "keep-each-deadline",
        });
      for (const [i, value] of values.entries())
        for (let times = 0; times <= i; times++)
          if ((await store.verify("api", value, { consumer: "web" })).ok)
            uses.set(i + 1, 1 + (uses.get(i + 1) ?? 0));
    }
    const { versions } = await store.status("api");
    expect([...uses.values()]).toEqual([3, 4, 6, 4]);
    for (const { version, usage } of versions)
      expect(usage).toMatchObject([{ consumer: "web", count: uses.get(version) }]);
  });

  it("forgets none of a thousand consumers and more", async () => {
    const { store } = await rotated();
    for (const round of [1, 2])
      for (let i = 0; i < 1_100; i++)
        await store.verify("api", token(round === 1 ? "one" : "two"), { consumer: `consumer ${i}` });
    const { versions } = await store.status("api");
    for (const { usage } of versions) expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(1_100);
  });

  it("is not taken up by what is refused", async () => {
    const { store } = await rotated();
    for (let i = 0; i < 70; i++) await store.verify("api", "wrong", { consumer: `refused ${i}` });
    await store.verify("api", token("two"), { consumer: "web" });
    expect((await store.status("api")).versions[1]?.usage).toMatchObject([{ consumer: "web", count: 1 }]);
  });

  it("takes names that are special in JavaScript, and refuses what is none", async () => {
    const { store } = await rotated();
    for (const consumer of ["__proto__", "constructor"])
      await store.verify("api", token("two"), { consumer });
    const { versions } = await store.status("api");
    expect(versions[1]?.usage.map(({ consumer }) => consumer)).toEqual(["__proto__", "constructor"]);
    for (const consumer of ["", "c".repeat(129), "\ud800", 7 as unknown as string])
      await expect(store.verify("api", token("two"), { consumer })).rejects.toMatchObject({
        details: { argument: "consumer" },
      });
  });

  it("costs nobody an answer where it cannot be written, and is written later", async () => {
    const warnings: SecretWarning[] = [];
    const storage = createFaultyStorage(createMemoryStorage(), { at: 3, on: ["state.commit"] });
    const { store, clock } = await rotated({
      ...storage,
      onWarning: (warning) => void warnings.push(warning),
    });
    expect((await store.verify("api", token("one"))).ok).toBe(true);
    expect(storage.fired).toBe(true);
    expect(warnings).toMatchObject([{ type: "usage-not-written", name: "api" }]);
    await clock.advance(1_000);
    expect((await store.verify("api", token("one"))).ok).toBe(true);
    expect((await store.status("api")).versions[0]?.usage[0]?.count).toBe(2);
    expect(warnings).toHaveLength(1);
  });

  it("is known of this store alone without a state", async () => {
    const { secrets } = createMemoryStorage();
    const { store, reopen } = await rotated({ backend: secrets });
    await store.verify("api", token("one"));
    expect((await store.status("api")).versions[0]?.usage).toMatchObject([{ consumer: "unnamed", count: 1 }]);
    expect((await reopen().status("api")).versions[0]?.usage).toEqual([]);
  });

  it("starts anew with another secret of the same name", async () => {
    const { store, backend } = await rotated();
    await store.verify("api", token("two"));
    await backend.delete("api");
    await store.put("api", token("two"), { kind: "verify" });
    expect((await store.status("api")).versions[0]?.usage).toEqual([]);
  });

  it("can be noted for values that were checked elsewhere", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await store.noteUse("api", 1, { consumer: "signer" });
    expect((await store.status("api")).versions[0]?.usage).toMatchObject([{ consumer: "signer", count: 1 }]);
  });
});

describe("expireGrace with ifUnusedForMs", () => {
  it("spares a version that any process has used, for as long as was asked and a minute", async () => {
    const { store, reopen, clock } = await rotated();
    const usedAtMs = clock.now();
    await reopen().verify("api", token("one"), { consumer: "billing" });
    await clock.advance(30_000);
    const retryAtMs = usedAtMs + MINUTE + HOUR;
    const ending = () => store.expireGrace("api", { ifUnusedForMs: HOUR });
    await expect(ending()).rejects.toMatchObject({
      code: "SECRET_IN_USE",
      details: { name: "api", version: 1, retryAtMs },
    });
    await clock.advance(retryAtMs - clock.now() - 1);
    await expect(ending()).rejects.toMatchObject({ code: "SECRET_IN_USE" });
    expect((await store.verify("api", token("one"))).ok).toBe(true);
  });

  it("ends a version that was idle for long enough", async () => {
    const { store, clock } = await rotated();
    await store.verify("api", token("one"));
    await clock.advance(HOUR + MINUTE);
    expect(await store.expireGrace("api", { ifUnusedForMs: HOUR })).toEqual({ revoked: [1] });
    expect((await store.verify("api", token("one"))).ok).toBe(false);
  });

  it("does not take a version for idle that is younger than that", async () => {
    const { store, clock } = await rotated();
    await expect(store.expireGrace("api", { ifUnusedForMs: HOUR })).rejects.toMatchObject({
      code: "SECRET_IN_USE",
    });
    await clock.advance(HOUR);
    expect(await store.expireGrace("api", { ifUnusedForMs: HOUR })).toEqual({ revoked: [1] });
  });

  it("cares for no use of the current version", async () => {
    const { store, clock } = await rotated();
    await clock.advance(2 * HOUR);
    await store.verify("api", token("two"));
    expect(await store.expireGrace("api", { ifUnusedForMs: HOUR })).toEqual({ revoked: [1] });
  });

  it("needs a state, and a time", async () => {
    const { store } = await rotated({ backend: createMemoryStorage().secrets });
    await expect(store.expireGrace("api", { ifUnusedForMs: 1 })).rejects.toMatchObject({
      code: "CAPABILITY_UNSUPPORTED",
    });
    await expect(store.expireGrace("api", { ifUnusedForMs: -1 })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });
});
