import { createMemoryStorage } from "@keelson/adapters-memory";
import { Secret, type SecretBackend } from "@keelson/core";
import { createSecretStore, type SecretStoreOptions } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

describe("createSecretStore", () => {
  it("refuses a backend of another interface version", () => {
    const { secrets } = createMemoryStorage();
    const other = { ...secrets, specVersion: 2 } as unknown as SecretBackend;
    for (const options of [{ secrets: other }, { backend: other }])
      expect(() => createSecretStore(options)).toThrow(
        expect.objectContaining({ code: "SPEC_VERSION_UNSUPPORTED" }),
      );
  });

  it("takes a backend by itself, with a state or without", async () => {
    const { secrets: backend, state } = createMemoryStorage();
    const [lone, other] = [createSecretStore({ backend }), createSecretStore({ backend, state })];
    const { secret } = await lone.put("api", undefined, { kind: "verify" });
    expect(await other.verify("api", secret)).toMatchObject({ ok: true, version: 1 });
    await other.revoke("api", 1);
    expect(await lone.verify("api", secret)).toEqual({ ok: false });
    expect((await state.scan({ prefix: "secrets/" })).length).toBeGreaterThan(0);
  });

  it("refuses two backends, or none, before it asks anything of either", () => {
    const untouchable = new Proxy({} as SecretBackend, {
      get: () => {
        throw new Error("touched");
      },
    });
    const storage = { ...createMemoryStorage(), secrets: untouchable };
    // @ts-expect-error A storage that is spread has a backend of its own.
    const both: SecretStoreOptions = { ...storage, backend: untouchable };
    // @ts-expect-error A state is no place for records.
    const none: SecretStoreOptions = { state: storage.state };
    for (const [options, reason] of [
      [both, /beside "secrets"/],
      [none, /is missing/],
    ] as const)
      expect(() => createSecretStore(options)).toThrow(
        expect.objectContaining({
          code: "ARGUMENT_INVALID",
          message: expect.stringMatching(reason),
          details: expect.objectContaining({ argument: "backend" }),
        }),
      );
  });
});

describe("put", () => {
  it("stores version 1, which get gives back", async () => {
    const { store } = openStore();
    const { version, secret } = await store.put("api", "hunter2");
    expect([version, secret.version, secret.name]).toEqual([1, 1, "api"]);
    expect((await store.get("api")).expose()).toBe("hunter2");
  });

  it("takes a Secret for a value", async () => {
    const { store } = openStore();
    await store.put("api", new Secret("hunter2", { name: "elsewhere", version: 9 }));
    const secret = await store.get("api");
    expect([secret.expose(), String(secret)]).toEqual(["hunter2", "[secret api@1]"]);
  });

  it("makes a value of 256 random bits where none is given", async () => {
    const { store } = openStore();
    const { secret: a } = await store.put("a");
    const { secret: b } = await store.put("b");
    expect(a.expose()).toMatch(/^[\w-]{43}$/);
    expect(a.expose()).not.toBe(b.expose());
    expect((await store.get("a")).expose()).toBe(a.expose());
  });

  it("makes values by the generate that was given", async () => {
    const { store } = openStore({ generate: () => token("made") });
    expect((await store.put("a")).secret.expose()).toBe(token("made"));
  });

  it("refuses a name that is taken, and keeps what is there", async () => {
    const { store } = openStore();
    await store.put("api", "first");
    await expect(store.put("api", "second")).rejects.toMatchObject({
      code: "SECRET_EXISTS",
      details: { name: "api" },
    });
    expect((await store.get("api")).expose()).toBe("first");
  });

  it("lets one of two writers at the same time win", async () => {
    const { store, reopen } = openStore();
    const results = await Promise.allSettled([store.put("api", "a"), reopen().put("api", "b")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it.each([
    ["empty", ""],
    ["longer than 65,536", "x".repeat(65_537)],
    ["not well-formed", "\ud800"],
    ["neither string nor Secret", 42 as unknown as string],
  ])("refuses a value that is %s, and stores nothing", async (_, value) => {
    const { store } = openStore();
    await expect(store.put("api", value)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    expect(await store.list()).toEqual([]);
  });

  it("refuses values of kind verify that are too short to be random enough", async () => {
    const { store } = openStore();
    const put = (value: string) => store.put("api", value, { kind: "verify" });
    await expect(put("x".repeat(21))).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      details: { argument: "value" },
    });
    await expect(put("x".repeat(22))).resolves.toMatchObject({ version: 1 });
  });

  it.each(["", "n".repeat(257), "\udc00"])("refuses a name that cannot be one", async (name) => {
    const { store } = openStore();
    await expect(store.put(name, "value")).rejects.toMatchObject({ code: "KEY_INVALID" });
  });

  it("refuses an unknown kind, and notes that are none", async () => {
    const { store } = openStore();
    const kind = "hash" as unknown as "use";
    await expect(store.put("a", "v", { kind })).rejects.toMatchObject({ details: { argument: "kind" } });
    await expect(store.put("a", "v", { by: "" })).rejects.toMatchObject({ details: { argument: "by" } });
    const why = "w".repeat(1025);
    await expect(store.put("a", "v", { why })).rejects.toMatchObject({ details: { argument: "why" } });
  });

  it("stores nothing of a value of kind verify but a keyed hash", async () => {
    const { store, backend } = openStore();
    await store.put("a", token("same"), { kind: "verify" });
    await store.put("b", token("same"), { kind: "verify" });
    const payloads = await Promise.all(["a", "b"].map((name) => backend.read(name)));
    const records = payloads.map((record) => JSON.parse(record?.payload.expose() ?? ""));
    expect(JSON.stringify(records)).not.toContain(token("same"));
    expect(records[0].versions[0].digest).not.toBe(records[1].versions[0].digest);
  });
});

describe("get", () => {
  it("gives the current version, or a previous one inside its window", async () => {
    const { store, clock } = openStore();
    await store.put("api", "old");
    await store.rotate("api", { graceMs: MINUTE, value: "new" });
    expect((await store.get("api")).expose()).toBe("new");
    expect((await store.get("api", { version: 1 })).expose()).toBe("old");
    await clock.advance(MINUTE);
    await expect(store.get("api", { version: 1 })).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    expect((await store.get("api")).expose()).toBe("new");
  });

  it("knows no value of unknown names and versions", async () => {
    const { store } = openStore();
    await expect(store.get("api")).rejects.toMatchObject({
      code: "SECRET_NOT_FOUND",
      details: { name: "api" },
    });
    await store.put("api", "value");
    await expect(store.get("api", { version: 2 })).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    await expect(store.get("api", { version: 0 })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });

  it("says that kind verify has no value to give", async () => {
    const { store } = openStore();
    await store.put("api", undefined, { kind: "verify" });
    await expect(store.get("api")).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("list", () => {
  it("names all secrets, ascending", async () => {
    const { store } = openStore();
    for (const name of ["b", "a", "c"]) await store.put(name, "value");
    expect(await store.list()).toEqual(["a", "b", "c"]);
  });
});

describe("current", () => {
  it("tells of both kinds which version is current, so that a consumer learns of a new one", async () => {
    const { store, clock, reopen } = openStore();
    for (const kind of ["use", "verify"] as const) {
      await store.put(kind, token("one"), { kind });
      const createdAtMs = clock.now();
      const fingerprint = expect.stringMatching(/^[\da-f]{16}$/);
      const first = { version: 1, createdAtMs, fingerprint, dueAtMs: undefined };
      expect(await reopen().current(kind)).toEqual(first);
      await store.rotate(kind, { graceMs: MINUTE });
      expect(await reopen().current(kind)).toEqual({ ...first, version: 2 });
      await store.revoke(kind, 2);
      await expect(store.current(kind)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    }
  });
});

describe("live", () => {
  it("gives what is accepted now, the current version first, then the newest", async () => {
    const { store, clock } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: 3 * MINUTE, value: "two" });
    await store.rotate("api", { graceMs: MINUTE, value: "three", onOverlap: "keep-each-deadline" });
    const seen = async () =>
      (await store.live("api")).map(({ version, stage, secret }) => `${version} ${stage} ${secret.expose()}`);
    expect(await seen()).toEqual(["3 current three", "2 previous two", "1 previous one"]);
    expect((await store.live("api"))[1]?.expiresAtMs).toBe(clock.now() + MINUTE);
    await clock.advance(MINUTE);
    expect(await seen()).toEqual(["3 current three", "1 previous one"]);
    await store.expireGrace("api");
    expect(await seen()).toEqual(["3 current three"]);
  });

  it("has no values of kind verify to give", async () => {
    const { store } = openStore();
    await store.put("api", undefined, { kind: "verify" });
    await expect(store.live("api")).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("a backend that limits payloads", () => {
  const limited = (maxPayloadBytes: number) => {
    const { backend } = openStore();
    const capabilities = { ...backend.capabilities, maxPayloadBytes };
    return openStore({ backend: { ...backend, capabilities } });
  };

  it("is given as many audit events as there is room for", async () => {
    const { store, backend } = limited(4_000);
    await store.put("api", "one");
    for (let i = 0; i < 40; i++) await store.rotate("api", { graceMs: 0, why: "w".repeat(300) });
    expect(Buffer.byteLength((await backend.read("api"))?.payload.expose() ?? "")).toBeLessThanOrEqual(4_000);
    const { events, dropped, intact, head } = await store.audit("api");
    expect([events.length > 1, dropped + events.length, head.seq, intact]).toEqual([true, 81, 81, true]);
  });

  it("refuses a value that does not fit even so, and keeps what is there", async () => {
    const { store } = limited(4_000);
    await store.put("api", "one");
    const value = "v".repeat(4_000);
    await expect(store.put("other", value)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(store.rotate("api", { graceMs: MINUTE, value })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      details: { argument: "value" },
    });
    expect((await store.get("api")).expose()).toBe("one");
  });
});
