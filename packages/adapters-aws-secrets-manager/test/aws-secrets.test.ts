import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import {
  type AwsSecretsOptions,
  createAwsSecrets,
  createSecretsManagerClient,
  type SecretsManagerCalls,
  type SecretsManagerClientOptions,
} from "@keelson/adapters-aws-secrets-manager";
import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { Secret, type SecretBackend } from "@keelson/core";
import { createSecretStore } from "@keelson/secrets";
import { secretBackendCases, strictSecretBackendCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeSecretsManager, startFakeSecretsManager } from "./fake-secrets-manager.ts";

const cases = [...secretBackendCases, ...strictSecretBackendCases];
const payload = (value: string) => new Secret(value, { name: "key", version: 1 });
const region = "eu-test-1";
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const clients: Record<string, (endpoint: string) => SecretsManagerCalls> = {
  "its own client": (endpoint) => createSecretsManagerClient({ region, credentials, endpoint }),
  "the AWS SDK": (endpoint) => new SecretsManager({ region, credentials, endpoint }),
};

describe.each(Object.keys(clients))("createAwsSecrets with %s, against the documentation", (kind) => {
  let fake: Promise<FakeSecretsManager> | undefined;
  let client: SecretsManagerCalls | undefined;
  const open = async (name: string): Promise<SecretBackend> => {
    fake ??= startFakeSecretsManager();
    const { url } = await fake;
    client ??= clients[kind]?.(url);
    if (client === undefined) throw new Error("no client");
    return createAwsSecrets({ client, prefix: `${name}/` });
  };
  // The SDK queues a thousand calls at once behind fifty sockets, which takes it long and proves nothing.
  const quick = cases.filter(
    ({ id }) => kind === "its own client" || id !== "secret-backend/list/works/many",
  );
  testConformance(quick, {
    create: ({ name }) => open(name),
    reopen: (_, { name }) => open(name),
  });
  afterAll(async () => (await fake)?.close());
});

// Against AWS itself, by the SDK's own configuration: KEELSON_TEST_AWS=1. It writes below keelson-test/ and costs money.
const describeReal = process.env.KEELSON_TEST_AWS === "1" ? describe : () => {};
describeReal("createAwsSecrets, against AWS", () => {
  const open = (name: string): SecretBackend =>
    createAwsSecrets({ client: new SecretsManager({}), prefix: `keelson-test/${name}/` });
  testConformance(cases, {
    create: ({ name }) => open(name),
    reopen: (_, { name }) => open(name),
    destroy: async (backend) => {
      for (const name of await backend.list()) await backend.delete(name);
    },
  });
});

describe("createAwsSecrets", () => {
  let fake: FakeSecretsManager;
  beforeEach(async () => {
    fake = await startFakeSecretsManager();
  });
  afterEach(() => fake.close());
  const open = (
    options: Partial<AwsSecretsOptions> = {},
    clientOptions: Partial<SecretsManagerClientOptions> = {},
  ) =>
    createAwsSecrets({
      client: createSecretsManagerClient({ region, credentials, endpoint: fake.url, ...clientOptions }),
      ...options,
    });

  it("notices what others write, and never overwrites it", async () => {
    const secrets = open();
    const { revision } = await secrets.write("api", payload("one"), { expect: "absent" });
    fake.put("keelson/api", "1edited by hand");
    const found = await secrets.read("api");
    expect(found?.payload.expose()).toBe("edited by hand");
    await expect(secrets.write("api", payload("two"), { expect: revision })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { name: "api", expect: revision, actual: found?.revision },
    });
    fake.put("keelson/api", undefined);
    await expect(secrets.read("api")).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
  });

  it("lets one of two writers win whose values are both stored already", async () => {
    const secrets = open();
    const { revision } = await secrets.write("api", payload("one"), { expect: "absent" });
    const results = await Promise.allSettled(
      ["two", "three"].map((value) => secrets.write("api", payload(value), { expect: revision })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("leaves no label on an older version, so that AWS deletes it", async () => {
    const secrets = open();
    const one = await secrets.write("api", payload("one"), { expect: "absent" });
    const two = await secrets.write("api", payload("two"), { expect: one.revision });
    await secrets.write("api", payload("three"), { expect: two.revision });
    expect(fake.labelled("keelson/api")).toEqual(["1three"]);
  });

  it.each([
    ["CreateSecret", false],
    ["CreateSecret", true],
    ["PutSecretValue", true],
    ["UpdateSecretVersionStage", false],
    ["UpdateSecretVersionStage", true],
  ])("gets a write through when %s is answered 500, having done it: %s", async (operation, after) => {
    const secrets = open();
    if (operation !== "CreateSecret") {
      const { revision } = await secrets.write("api", payload("one"), { expect: "absent" });
      fake.fail(operation, "InternalServiceError", { status: 500, after });
      const written = await secrets.write("api", payload("two"), { expect: revision });
      expect(await secrets.read("api")).toMatchObject({ revision: written.revision });
    } else {
      fake.fail(operation, "InternalServiceError", { status: 500, after });
      await secrets.write("api", payload("two"), { expect: "absent" });
    }
    expect((await secrets.read("api"))?.payload.expose()).toBe("two");
    expect(fake.labelled("keelson/api")).toEqual(["1two"]);
  });

  it("waits while it is throttled, and gives up in the end without quoting anything", async () => {
    const secrets = open({}, { attempts: 3 });
    fake.fail("GetSecretValue", "ThrottlingException", { times: 2 });
    expect(await secrets.read("api")).toBeUndefined();
    fake.fail("CreateSecret", "ThrottlingException", { times: 9 });
    const error = await Promise.resolve(
      secrets.write("api", payload("canary-value"), { expect: "absent" }),
    ).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      retryable: true,
      details: { backend: "aws-secrets-manager", operation: "create", reason: "ThrottlingException" },
    });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain("canary-value");
  });

  it("waits for the name of a secret that is being deleted", async () => {
    const clock = createManualClock();
    const secrets = open({ clock });
    fake.deleteSlowly(3);
    let isDone = false;
    const written = Promise.resolve(secrets.write("api", payload("one"), { expect: "absent" }));
    void written.then(() => {
      isDone = true;
    });
    while (!isDone) await clock.advance(250);
    expect((await secrets.read("api"))?.payload.expose()).toBe("one");
  });

  it("says what is refused, and does not try it again", async () => {
    const foreign = { ...credentials, accessKeyId: "AKIDOTHER", sessionToken: payload("session") };
    const secrets = open({}, { credentials: () => foreign });
    await expect(secrets.list()).rejects.toMatchObject({
      code: "SECRET_BACKEND_FAILED",
      retryable: false,
      details: { operation: "list", reason: "UnrecognizedClientException" },
    });
    expect(fake.calls).toEqual(["ListSecrets"]);
  });

  it("asks again where an answer is cut off, and takes it for none that holds nothing", async () => {
    const secrets = open();
    await secrets.write("api", payload("one"), { expect: "absent" });
    let cut = 0;
    const cutting = open(
      {},
      {
        fetch: async (...call) => {
          const response = await fetch(...call);
          cut += 1;
          return cut % 2 === 0 ? response : new Response((await response.text()).slice(0, 20));
        },
      },
    );
    expect(await cutting.list()).toEqual(["api"]);
    expect((await cutting.read("api"))?.payload.expose()).toBe("one");
  });

  it("stops waiting for credentials that never come", async () => {
    const clock = createManualClock();
    const secrets = open({}, { credentials: () => new Promise(() => {}), clock, attempts: 1 });
    const reading = expect(secrets.read("api")).rejects.toMatchObject({ code: "SECRET_BACKEND_FAILED" });
    await clock.advance(10_000);
    await reading;
  });

  it("stops waiting for a service that does not answer", async () => {
    const clock = createManualClock();
    const secrets = open({}, { clock, timeoutMs: 1_000, attempts: 1, fetch: () => new Promise(() => {}) });
    let isDone = false;
    const failure = expect(
      Promise.resolve(secrets.read("api")).finally(() => {
        isDone = true;
      }),
    ).rejects.toMatchObject({ code: "SECRET_BACKEND_FAILED", details: { status: undefined } });
    while (!isDone) await clock.advance(1_000);
    await failure;
  });

  it("refuses payloads that are too large, before it sends them, and prefixes that cannot be one", async () => {
    const secrets = open();
    await expect(
      secrets.write("api", payload("é".repeat(32_768)), { expect: "absent" }),
    ).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
    expect(fake.calls).toEqual([]);
    expect(() => open({ prefix: "a b" })).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });

  it.each<[string, unknown]>([
    ["options", undefined],
    ["options", null],
    ["client", {}],
    ["client", { client: {} }],
  ])("refuses to go without what it needs: %s, %j", (argument, options) => {
    expect(() => createAwsSecrets(options as never)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", details: expect.objectContaining({ argument }) }),
    );
  });

  it("carries a secret store, with as much of its audit as there is room for", async () => {
    const { state } = createMemoryStorage();
    const [store, other] = [open(), open()].map((backend) => createSecretStore({ backend, state }));
    if (store === undefined || other === undefined) throw new Error("no store");
    const first = await store.put("api", undefined, { kind: "verify", why: "é".repeat(1_000) });
    for (let i = 0; i < 40; i++) await store.rotate("api", { graceMs: 0, why: "é".repeat(1_000) });
    const second = await store.rotate("api", { graceMs: 60_000 });
    expect((await other.verify("api", first.secret)).ok).toBe(false);
    expect((await other.verify("api", second.secret)).ok).toBe(true);
    await store.expireGrace("api");
    expect(await other.audit("api")).toMatchObject({ intact: true });
    expect(await other.list()).toEqual(["api"]);
  });
});

describe("createSecretsManagerClient", () => {
  it.each<[string, Partial<Record<keyof SecretsManagerClientOptions, unknown>>]>([
    ["region", { region: undefined }],
    ["region", { region: "eu-test-1.example.com/" }],
    ["credentials", { credentials: undefined }],
    ["credentials", { credentials: {} }],
    ["endpoint", { endpoint: "localhost" }],
    ["timeoutMs", { timeoutMs: Number.NaN }],
    ["attempts", { attempts: 0 }],
    // Counted up to by any number of attempts: never.
    ["attempts", { attempts: Number.NaN }],
  ])("refuses a bad %s: %j", (argument, options) => {
    const given = { region, credentials, ...options } as SecretsManagerClientOptions;
    expect(() => createSecretsManagerClient(given)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", details: expect.objectContaining({ argument }) }),
    );
  });

  it("refuses to go without options", () => {
    expect(() => createSecretsManagerClient(undefined as never)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
