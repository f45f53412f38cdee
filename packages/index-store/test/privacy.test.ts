import { inspect } from "node:util";
import { KeelsonError, type Redactor } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { codeOf, createLetters, createSubject, dump, failureOf, recordsOf, tinyRedactor } from "./support.ts";

const secret = "PII-Ann1234";

describe("privacy", () => {
  it("lets no raw value into ledger, vectors, snapshots, results or the embedder", async () => {
    const { index, storage, embedder } = await createSubject();
    const document = {
      id: "a",
      text: `ask ${secret} about it`,
      version: `etag of ${secret}`,
      metadata: { owner: secret, list: [{ deep: [`mail ${secret}`] }], [`key ${secret}`]: 1 },
      subjects: [secret],
    };
    const result = await index.upsert([document]);
    const snapshot = await index.snapshot();
    await index.upsert([{ ...document, text: `now ask ${secret}`, metadata: { other: secret } }]);
    await index.restore(snapshot.id);
    const matches = await index.query(`who is ${secret}?`);
    const seen = [
      result,
      snapshot,
      matches,
      await index.get("a"),
      await index.status(),
      await index.explain("a", document),
    ];
    expect(await dump(storage)).not.toContain("Ann1234");
    expect(inspect(seen, { depth: 20 })).not.toContain("Ann1234");
    expect(embedder.texts.join()).not.toContain("Ann1234");
    expect((await index.get("a"))?.metadata).toEqual({
      owner: "[pii]",
      list: [{ deep: ["mail [pii]"] }],
      "key [pii]": 1,
    });
  });

  it("refuses ids that the redactor would change, without repeating them", async () => {
    const { index, open, storage } = await createSubject();
    const documents = [{ id: secret, text: "a" }];
    for (const call of [
      () => index.upsert(documents),
      () => index.reindex(documents),
      () => index.staleIds(documents),
    ]) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: "ID_INVALID" });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("Ann1234");
    }
    const twice = await failureOf(index.upsert([...documents, ...documents]));
    expect(inspect(twice, { depth: 10, showHidden: true })).not.toContain("Ann1234");
    expect(await dump(storage)).not.toContain("Ann1234");
    const allowing = await open({ allowPiiInIds: true });
    expect((await allowing.upsert(documents)).added).toBe(1);
  });

  it.each<[string, Redactor["redact"]]>([
    [
      "throws",
      (text) => {
        throw new Error(text);
      },
    ],
    ["rejects", (text) => Promise.reject(new Error(text))],
    ["gives nothing", () => undefined as never],
    ["gives no findings", (text) => ({ text }) as never],
  ])("stores nothing when the redactor %s, and says nothing of the text", async (_, redact) => {
    const { open, storage } = await createSubject();
    const failing: Redactor = {
      ...tinyRedactor,
      redact: (text) => (text === "a" ? { text, findings: [] } : redact(text)),
    };
    const index = await open({ redactor: failing });
    for (const call of [
      () => index.upsert([{ id: "a", text: `words of ${secret}` }]),
      () => index.upsert([{ id: "a", text: "a", metadata: { x: `words of ${secret}` } }]),
      () => index.isStale({ id: "a", text: `words of ${secret}` }),
      () => index.query(`words of ${secret}`),
    ]) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: "REDACTION_FAILED" });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("Ann1234");
    }
    expect((await index.status()).documents).toBe(0);
    expect(await dump(storage)).not.toContain("words");
  });

  it("lets a record's own field win over metadata, whatever a redactor renames", async () => {
    const names: Record<string, string> = { document: "keelson:document" };
    const renaming: Redactor = {
      specVersion: 1,
      id: "renaming@1",
      redact: (text) => ({ text: names[text] ?? text, findings: [] }),
    };
    const { index, storage } = await createSubject({ redactor: renaming });
    const metadata = { document: "of another", kept: "as it is" };
    await index.upsert([{ id: "a", text: "one", metadata }]);
    const [record] = (await recordsOf(storage)).get("docs@1") ?? [];
    expect(record?.metadata).toEqual({ "keelson:document": "a", kept: "as it is" });
    // By that field a query finds the document.
    expect((await index.query("one")).map(({ id }) => id)).toEqual(["a"]);
    expect(await index.reconcile()).toMatchObject({ ok: true, chunks: 1 });
  });

  it("tells where metadata is no JSON, without what the redactor would replace", async () => {
    const { index } = await createSubject();
    const wrong = { id: "a", text: "a", metadata: { [secret]: [{ x: Number.NaN }] } };
    const reserved = { id: "a", text: "a", metadata: { [`keelson:${secret}`]: 1 } };
    for (const call of [
      () => index.upsert([wrong]),
      () => index.isStale(wrong),
      () =>
        index.plan(
          (async function* () {
            yield wrong;
          })(),
          { mode: "full" },
        ),
    ])
      expect(await failureOf(call())).toMatchObject({
        code: "VALUE_INVALID",
        details: { path: ["[pii]", 0, "x"], reason: "not a finite number" },
      });
    const errors = [await failureOf(index.upsert([wrong])), await failureOf(index.upsert([reserved]))];
    expect(errors[1]).toMatchObject({ code: "VALUE_INVALID", details: { path: ["keelson:[pii]"] } });
    expect(inspect(errors, { depth: 10, showHidden: true })).not.toContain("Ann1234");
  });

  it("refuses metadata whose fields become one", async () => {
    const { index } = await createSubject();
    const metadata = { "PII-a": 1, "PII-b": 2 };
    expect(await codeOf(index.upsert([{ id: "a", text: "a", metadata }]))).toBe("REDACTION_FAILED");
  });

  it("takes the cause off an embedder's own error, which may quote the texts", async () => {
    const details = { embedder: "e", texts: 1, reason: "r" };
    const embed = (texts: readonly string[]) =>
      Promise.reject(
        new KeelsonError("EMBEDDING_FAILED", "failed", {
          details,
          retryable: true,
          cause: new Error(texts.join()),
        }),
      );
    const embedding = { maxAttempts: 1 };
    const { index } = await createSubject({ embedder: { ...createLetters(), embed }, embedding });
    const error = await failureOf(index.upsert([{ id: "a", text: "private words" }]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it("hides what an embedder says of the texts of a query", async () => {
    const embedder = {
      ...createLetters(),
      embed: (texts: readonly string[]) => Promise.reject(new Error(texts.join())),
    };
    const { index } = await createSubject({ embedder });
    const error = await failureOf(index.query("private words"));
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it("stores texts as they are only when told so", async () => {
    const { index } = await createSubject({ redactor: "none" });
    await index.upsert([{ id: secret, text: secret, metadata: { x: secret } }]);
    expect(await index.get(secret)).toMatchObject({ metadata: { x: secret }, findings: {} });
    expect((await index.status()).redactor).toBe("none");
    expect(await codeOf(createSubject({ redactor: undefined as never }))).toBe("ARGUMENT_INVALID");
  });
});
