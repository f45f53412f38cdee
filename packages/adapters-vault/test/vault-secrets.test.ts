import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { createVaultSecrets, type VaultSecretsOptions } from "@keelson/adapters-vault";
import { Secret, type SecretBackend } from "@keelson/core";
import { createSecretStore } from "@keelson/secrets";
import { secretBackendCases, strictSecretBackendCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeVault, startFakeVault } from "./fake-vault.ts";

const cases = [...secretBackendCases, ...strictSecretBackendCases];
const payload = (value: string) => new Secret(value, { name: "key", version: 1 });

describe("createVaultSecrets, against the documentation", () => {
  let vault: Promise<FakeVault> | undefined;
  const open = async (path: string): Promise<SecretBackend> => {
    vault ??= startFakeVault();
    const { url, token } = await vault;
    return createVaultSecrets({ url, token, path });
  };
  testConformance(cases, {
    create: ({ name }) => open(name),
    reopen: (_, { name }) => open(name),
  });
  afterAll(async () => (await vault)?.close());
});

// Against a server of your own: VAULT_ADDR, VAULT_TOKEN and KEELSON_TEST_VAULT=1. It writes below secret/keelson-test.
const { KEELSON_TEST_VAULT, VAULT_ADDR = "", VAULT_TOKEN = "" } = process.env;
const describeReal = KEELSON_TEST_VAULT === "1" ? describe : () => {};
describeReal("createVaultSecrets, against a real server", () => {
  const open = (path: string): SecretBackend =>
    createVaultSecrets({ url: VAULT_ADDR, token: VAULT_TOKEN, path: `keelson-test/${path}` });
  testConformance(cases, {
    create: ({ name }) => open(name),
    reopen: (_, { name }) => open(name),
    destroy: async (backend) => {
      for (const name of await backend.list()) await backend.delete(name);
    },
  });
});

describe("createVaultSecrets", () => {
  let vault: FakeVault;
  beforeEach(async () => {
    vault = await startFakeVault();
  });
  afterEach(() => vault.close());
  const open = (options: Partial<VaultSecretsOptions> = {}) =>
    createVaultSecrets({ url: vault.url, token: vault.token, ...options });

  it("notices what others write, and never overwrites it", async () => {
    const secrets = open();
    const { revision } = await secrets.write("api", payload("one"), { expect: "absent" });
    vault.put("keelson/api", { payload: "edited by hand" });
    const found = await secrets.read("api");
    expect(found?.payload.expose()).toBe("edited by hand");
    expect(found?.revision).toBeGreaterThan(revision);
    await expect(secrets.write("api", payload("two"), { expect: revision })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { name: "api", expect: revision, actual: found?.revision },
    });
    vault.put("keelson/api", { username: "foreign" });
    await expect(secrets.read("api")).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
  });

  it("takes a secret that was deleted by hand for absent, and can write it again", async () => {
    const secrets = open();
    await secrets.write("api", payload("one"), { expect: "absent" });
    vault.softDelete("keelson/api");
    expect(await secrets.read("api")).toBeUndefined();
    await secrets.write("api", payload("two"), { expect: "absent" });
    expect((await secrets.read("api"))?.payload.expose()).toBe("two");
  });

  it("leaves nothing of an older version, also where another tool has made it keep them", async () => {
    const secrets = open();
    const one = await secrets.write("api", payload("one"), { expect: "absent" });
    await secrets.write("api", payload("two"), { expect: one.revision });
    expect(vault.stored("keelson/api")).toEqual([{ payload: "two" }]);
    vault.put("keelson/old", { payload: "first" });
    vault.put("keelson/old", { payload: "second" });
    const { revision = 0 } = (await secrets.read("old")) ?? {};
    await secrets.write("old", payload("third"), { expect: revision });
    expect(vault.stored("keelson/old")).toEqual([{ payload: "third" }]);
  });

  it.each([429, 503, 412])("waits and tries again when it is answered %i", async (status) => {
    const clock = createManualClock();
    const secrets = open({ clock, timeoutMs: 60_000 });
    vault.fail(/POST .*\/data\//, status, 2, { retryAfter: "3" });
    const written = secrets.write("api", payload("one"), { expect: "absent" });
    let isDone = false;
    void Promise.resolve(written).then(() => {
      isDone = true;
    });
    const start = clock.monotonic();
    while (!isDone) await clock.advance(100);
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(6_000);
    expect((await secrets.read("api"))?.payload.expose()).toBe("one");
  });

  it("gives up after as many attempts as asked for, without quoting anything", async () => {
    const secrets = open({ attempts: 2 });
    vault.fail(/GET/, 503, 9);
    const error = await Promise.resolve(secrets.read("api")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      retryable: true,
      details: { backend: "vault", operation: "read", status: 503 },
    });
    expect(vault.requests).toHaveLength(2);
  });

  it("does not send a write twice of which it does not know whether it took place", async () => {
    const secrets = open();
    vault.fail(/POST .*\/data\//, 500, 1, { after: true });
    await expect(secrets.write("api", payload("one"), { expect: "absent" })).rejects.toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      retryable: true,
    });
    expect(vault.requests.filter((request) => /POST .*\/data\//.test(request))).toHaveLength(1);
    expect((await secrets.read("api"))?.payload.expose()).toBe("one");
  });

  it("says what is refused, and does not try it again", async () => {
    const secrets = open({ token: new Secret("wrong", { name: "token", version: 1 }) });
    await expect(secrets.read("api")).rejects.toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      retryable: false,
      details: { status: 403 },
    });
    await expect(secrets.list()).rejects.toMatchObject({ details: { status: 403 } });
    expect(vault.requests).toHaveLength(2);
  });

  it("stops waiting for a server that does not answer", async () => {
    const clock = createManualClock();
    const secrets = open({ clock, timeoutMs: 1_000, attempts: 1, fetch: () => new Promise(() => {}) });
    const reading = Promise.resolve(secrets.read("api"));
    const failure = expect(reading).rejects.toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      details: { status: undefined, reason: "did not answer" },
    });
    await clock.advance(1_000);
    await failure;
  });

  it("does not take a place where nothing is mounted for an empty one", async () => {
    const routeless = async () =>
      Response.json(
        { errors: ['no handler for route "secert/metadata/keelson". route entry not found.'] },
        { status: 404 },
      );
    const secrets = open({ mount: "secert", fetch: routeless });
    const refused = { code: "SECRET_BACKEND_FAILED", details: { status: 404 }, retryable: false };
    await expect(secrets.read("api")).rejects.toMatchObject(refused);
    await expect(secrets.list()).rejects.toMatchObject(refused);
    await expect(secrets.write("api", payload("one"), { expect: "absent" })).rejects.toMatchObject(refused);
  });

  it("does not take an answer of something else for a record that somebody has written", async () => {
    const secrets = open({ fetch: async () => new Response("<html>Sign in</html>") });
    await expect(secrets.read("api")).rejects.toMatchObject({ code: "SECRET_BACKEND_FAILED" });
  });

  it("finds Vault below a path of a proxy", async () => {
    for (const below of ["/vault", "/vault/", ""]) {
      const asked: string[] = [];
      const proxy = async (url: string | URL | Request) => {
        asked.push(String(url));
        return Response.json({ errors: [] }, { status: 404 });
      };
      const secrets = open({ url: `https://proxy.example${below}`, fetch: proxy });
      expect(await secrets.read("api")).toBeUndefined();
      expect(asked).toEqual([`https://proxy.example${below.slice(0, 6)}/v1/secret/data/keelson/api`]);
    }
  });

  it("rejects with the signal's reason while the token is not there yet, and gives up after the timeout", async () => {
    const clock = createManualClock();
    const secrets = open({ token: () => new Promise(() => {}), clock, attempts: 1 });
    const controller = new AbortController();
    const reason = new Error("stop");
    const aborted = expect(secrets.read("api", { signal: controller.signal })).rejects.toBe(reason);
    controller.abort(reason);
    await aborted;
    const slow = expect(secrets.read("api")).rejects.toMatchObject({ code: "SECRET_BACKEND_FAILED" });
    await clock.advance(10_000);
    await slow;
  });

  it("asks for the token before every call", async () => {
    const given = [vault.token, "stale", vault.token];
    const secrets = open({ token: () => given.shift() ?? "" });
    expect(await secrets.read("api")).toBeUndefined();
    await expect(secrets.read("api")).rejects.toMatchObject({ details: { status: 403 } });
    expect(await secrets.read("api")).toBeUndefined();
  });

  it("refuses payloads that no storage of Vault's would take, before it sends them", async () => {
    const secrets = open();
    const before = vault.requests.length;
    await expect(
      secrets.write("api", payload("é".repeat(200_001)), { expect: "absent" }),
    ).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
    expect(vault.requests).toHaveLength(before);
  });

  it.each([
    { url: "vault" },
    { token: "" },
    { mount: "a b" },
    { path: "../up" },
    { path: "" },
    { timeoutMs: Number.NaN },
    { attempts: 0 },
    { attempts: Number.NaN },
  ])("refuses %j", (options) => {
    expect(() => open(options)).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });

  it.each<[string, unknown]>([
    ["options", undefined],
    ["options", null],
    ["url", {}],
    ["token", { url: "http://127.0.0.1:8200" }],
  ])("refuses to go without what it needs: %s, %j", (argument, options) => {
    expect(() => createVaultSecrets(options as never)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", details: expect.objectContaining({ argument }) }),
    );
  });

  it("carries a secret store", async () => {
    const clock = createManualClock();
    const { state } = createMemoryStorage();
    const stores = [open(), open()].map((backend) => createSecretStore({ backend, state, clock }));
    const [store, other] = stores;
    if (store === undefined || other === undefined) throw new Error("no store");
    const first = await store.put("api", undefined, { kind: "verify" });
    const second = await store.rotate("api", { graceMs: 1_000 });
    expect((await other.verify("api", first.secret)).ok).toBe(true);
    await store.expireGrace("api");
    expect((await other.verify("api", first.secret)).ok).toBe(false);
    expect((await other.verify("api", second.secret)).ok).toBe(true);
    expect(await other.list()).toEqual(["api"]);
  });
});
