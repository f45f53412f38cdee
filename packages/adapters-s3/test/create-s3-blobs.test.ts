import { S3 } from "@aws-sdk/client-s3";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { createS3Blobs } from "@keelson/adapters-s3";
import type { BlobStore } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { createIndex, type Index } from "@keelson/index-store";
import { blobStoreCases, strictBlobStoreCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { decodeObjectKey, encodeObjectKey } from "../src/object-key.ts";
import { type FakeS3, startFakeS3 } from "./fake-s3.ts";

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.close();
});

async function start(
  pageSize?: number,
  requestTimeout?: number,
): Promise<{ fake: FakeS3; client: S3; blobs: BlobStore }> {
  const fake = await startFakeS3(pageSize);
  const client = clientOf(fake, requestTimeout);
  started.push({ close: () => stop(client, fake) });
  return { fake, client, blobs: createS3Blobs({ client, bucket: "backups", prefix: "keelson/" }) };
}

async function stop(client: S3, fake: FakeS3): Promise<void> {
  client.destroy();
  await fake.close();
}

function clientOf(fake: FakeS3, requestTimeout = 20_000): S3 {
  return new S3({
    endpoint: fake.endpoint,
    forcePathStyle: true,
    region: "us-east-1",
    credentials: { accessKeyId: "fake", secretAccessKey: "fake" },
    requestHandler: { requestTimeout, throwOnRequestTimeout: true },
  });
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe(createS3Blobs.name, () => {
  const subjects = new Map<BlobStore, () => Promise<void>>();
  // One case has a key that takes more bytes than S3 lets it; the other keys of its kind are below.
  const cases = [...blobStoreCases, ...strictBlobStoreCases].filter(
    ({ id }) => id !== "blob-store/put/works/awkward-keys",
  );
  testConformance(cases, {
    create: async () => {
      const fake = await startFakeS3(7);
      const client = clientOf(fake);
      const blobs = createS3Blobs({ client, bucket: "backups" });
      subjects.set(blobs, () => stop(client, fake));
      return blobs;
    },
    reopen: (blobs) => blobs,
    destroy: async (blobs) => await subjects.get(blobs)?.(),
  });
});

describe(`${createS3Blobs.name}, where the service fails`, { timeout: 60_000 }, () => {
  it.each([500, 503, "hang"] as const)("tries again after %s, whatever the call", async (fault) => {
    const { fake, blobs } = await start(undefined, fault === "hang" ? 300 : undefined);
    const calls: [() => unknown, unknown][] = [
      [() => blobs.put("a", bytes(1, 2)), undefined],
      [() => blobs.put("b", bytes(3), { ifAbsent: true }), undefined],
      [() => blobs.get("a"), bytes(1, 2)],
      [() => blobs.stat("a"), { key: "a", size: 2 }],
      [
        () => blobs.list(""),
        [
          { key: "a", size: 2 },
          { key: "b", size: 1 },
        ],
      ],
      [() => blobs.delete("b"), undefined],
      [() => blobs.get("b"), undefined],
    ];
    for (const [call, wanted] of calls) {
      fake.faults.push(fault);
      expect(await call()).toEqual(wanted);
      expect(fake.faults).toEqual([]);
    }
  });

  it("rejects with the client's error where it does not stop, and has changed nothing", async () => {
    const { fake, blobs } = await start();
    await blobs.put("a", bytes(1));
    for (const call of [() => blobs.put("a", bytes(2)), () => blobs.get("a"), () => blobs.delete("a")]) {
      fake.faults.push(...Array.from({ length: 3 }, () => 503 as const));
      await expect(call()).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
      expect(fake.faults).toEqual([]);
    }
    expect(await blobs.get("a")).toEqual(bytes(1));
  });

  it("knows its own blob where the answer to a conditional put was lost", async () => {
    const { fake, blobs } = await start();
    fake.faults.push("lost-answer");
    await blobs.put("a", bytes(1), { ifAbsent: true });
    expect(fake.requests).toEqual(["PUT keelson/a", "PUT keelson/a", "HEAD keelson/a"]);
    await expect(blobs.put("a", bytes(1), { ifAbsent: true })).rejects.toMatchObject({
      code: "BLOB_EXISTS",
      details: { key: "a" },
    });
  });

  it("tries a conditional put again while another is under way", async () => {
    const { fake, blobs } = await start();
    fake.faults.push(409);
    await blobs.put("a", bytes(1), { ifAbsent: true });
    expect(await blobs.get("a")).toEqual(bytes(1));
  });

  it("reads again what came in part, and gives up after three times", async () => {
    const { fake, blobs } = await start();
    const content = new Uint8Array(10_000).fill(7);
    await blobs.put("a", content);
    fake.faults.push("partial-body", "partial-body");
    expect(await blobs.get("a")).toEqual(content);
    fake.faults.push("partial-body", "partial-body", "partial-body");
    await expect(blobs.get("a")).rejects.toThrow();
    expect(fake.faults).toEqual([]);
  });

  it("finds an object that is not what was put: flipped, cut, replaced or without its digest", async () => {
    const { fake, blobs } = await start();
    await blobs.put("a", bytes(1, 2, 3));
    await blobs.put("b", bytes(4, 5, 6));
    const [a, b] = ["a", "b"].map((key) => fake.objects.get(`keelson/${key}`));
    if (a === undefined || b === undefined) throw new Error("nothing was put");
    for (const damaged of [
      { ...a, bytes: bytes(1, 2, 2) },
      { ...a, bytes: bytes(1, 2) },
      { ...a, bytes: b.bytes },
      { ...a, metadata: {} },
    ]) {
      fake.objects.set("keelson/a", damaged);
      await expect(blobs.get("a")).rejects.toMatchObject({
        code: "STORE_CORRUPT",
        details: { file: "s3://backups/keelson/a", start: 0, end: damaged.bytes.length },
      });
    }
  });

  it("rejects with the signal's own reason while it waits for an answer", async () => {
    const { fake, blobs } = await start();
    for (const call of [
      (signal: AbortSignal) => blobs.put("a", bytes(1), { signal, ifAbsent: true }),
      (signal: AbortSignal) => blobs.get("a", { signal }),
      (signal: AbortSignal) => blobs.list("", { signal }),
    ]) {
      fake.faults.push("hang");
      const controller = new AbortController();
      const count = fake.requests.length;
      const pending = Promise.resolve(call(controller.signal));
      while (fake.requests.length === count) await new Promise((resolve) => setImmediate(resolve));
      controller.abort("enough");
      await expect(pending).rejects.toBe("enough");
    }
  });
});

describe(`${createS3Blobs.name}, with what else is in the bucket`, { timeout: 60_000 }, () => {
  it("keeps to its prefix, and leaves out what it did not store", async () => {
    const { fake, client, blobs } = await start(2);
    const other = createS3Blobs({ client, bucket: "backups", prefix: "other/" });
    await other.put("a", bytes(9));
    fake.objects.set("keelson/a b~zz", { bytes: bytes(1), metadata: {} });
    for (const key of ["a/1", "a/2", "a/3", "b"]) await blobs.put(key, bytes(1));
    expect(await blobs.list("a/", { limit: 2 })).toEqual([
      { key: "a/1", size: 1 },
      { key: "a/2", size: 1 },
    ]);
    expect((await blobs.list("")).map(({ key }) => key)).toEqual(["a/1", "a/2", "a/3", "b"]);
    expect((await blobs.list("", { after: "a/2" })).map(({ key }) => key)).toEqual(["a/3", "b"]);
    await blobs.delete("a");
    expect(await other.get("a")).toEqual(bytes(9));
  });

  it("keeps awkward keys apart", async () => {
    const { blobs } = await start();
    const keys = [
      "../a",
      "a/../b",
      "a//b",
      "/",
      "..",
      "a\0b",
      "é",
      "e\u0301",
      "A",
      "a",
      "%41",
      "a+b",
      "a b",
      "\u{1f600}",
    ];
    for (const [n, key] of keys.entries()) await blobs.put(key, bytes(n));
    for (const [n, key] of keys.entries()) expect(await blobs.get(key)).toEqual(bytes(n));
    expect((await blobs.list("")).map(({ key }) => key)).toEqual(keys.toSorted());
  });

  it("refuses a key that S3 would not take, before it asks", async () => {
    const { fake, blobs } = await start();
    for (const key of ["", "k".repeat(1017), "é".repeat(204)])
      await expect(blobs.put(key, bytes(1))).rejects.toMatchObject({ code: "KEY_INVALID" });
    expect(fake.requests).toEqual([]);
    await blobs.put("k".repeat(1016), bytes(1));
  });

  it("holds the snapshots of an index, which another machine restores", async () => {
    const { blobs } = await start(3);
    const open = (): Promise<Index> =>
      createIndex({
        ...createMemoryStorage(),
        blobs,
        name: "docs",
        embedder: createHashEmbedder({ dimension: 32 }),
        redactor: { specVersion: 1, id: "nothing@1", redact: (text) => ({ text, findings: [] }) },
      });
    const index = await open();
    await index.upsert(
      Array.from({ length: 20 }, (_, n) => ({ id: `d${n}`, text: `Document number ${n}.` })),
    );
    const { id } = await index.snapshot();
    expect((await index.verify(id)).ok).toBe(true);

    const elsewhere = await open();
    await elsewhere.restore(id);
    expect((await elsewhere.get("d7"))?.chunks.map(({ text }) => text)).toEqual(["Document number 7."]);
    expect((await elsewhere.status()).documents).toBe(20);
  });
});

describe(encodeObjectKey.name, { timeout: 60_000 }, () => {
  it("keeps keys apart, and their order", () => {
    const key = fc.string({ unit: "binary", maxLength: 8 });
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [x, y] = [encodeObjectKey(a), encodeObjectKey(b)];
        expect(decodeObjectKey(x)).toBe(a);
        expect(x < y).toBe(a < b);
        expect(x.startsWith(y)).toBe(a.startsWith(b));
        expect(x).toMatch(/^[!-~]*$/);
      }),
      { numRuns: 300 },
    );
  });
});

describe("createS3Blobs", () => {
  it.each<[string, unknown]>([
    ["options", undefined],
    ["client", {}],
    ["bucket", { client: { putObject() {} } }],
    ["bucket", { client: { putObject() {} }, bucket: "" }],
    ["prefix", { client: { putObject() {} }, bucket: "backups", prefix: 7 }],
  ])("refuses to go without what it needs: %s", (argument, options) => {
    expect(() => createS3Blobs(options as never)).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID", details: expect.objectContaining({ argument }) }),
    );
  });
});
