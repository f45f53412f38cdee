import { openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { envelopeKeyId, openEnvelope, rewrapEnvelope, sealEnvelope } from "../src/secrets/envelope.ts";
import { deriveWrappingKey } from "../src/secrets/wrapping-key.ts";

import { createTestMachine, STORE } from "./subject.ts";

const VALUE = "correct horse battery staple";
const secret = new Secret(VALUE, { name: "s", version: 1 });
const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);

describe(`the secrets of ${openFsStorage.name}`, () => {
  it("leave no trace of their value on the medium", async () => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await storage.secrets.write("s", secret, { expect: "absent" });
    await storage.close();
    for (const path of machine.fileSystem.files.keys()) {
      const bytes = machine.fileSystem.files.get(path) ?? new Uint8Array();
      for (const encoding of ["utf8", "utf16le", "base64", "hex"] as const)
        expect(Buffer.from(bytes).includes(Buffer.from(VALUE).toString(encoding))).toBe(false);
      expect(Buffer.from(bytes).includes(Buffer.from(VALUE, "utf16le"))).toBe(false);
    }
    expect((await (await machine.open()).secrets.read("s"))?.payload.expose()).toBe(VALUE);
  });

  it("are sealed with the key that was given, and no key file is made", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ masterKey: key(1) });
    await storage.secrets.write("s", secret, { expect: "absent" });
    await storage.close();
    expect(machine.fileSystem.files.has(`${STORE}/master.key`)).toBe(false);
    const again = await machine.open({ masterKey: key(1) });
    expect((await again.secrets.read("s"))?.payload.expose()).toBe(VALUE);
  });

  it("cannot be read, nor mixed with others, under another key or none", async () => {
    for (const masterKey of [key(2), undefined]) {
      const machine = createTestMachine();
      const storage = await machine.open({ masterKey: key(1) });
      await storage.secrets.write("s", secret, { expect: "absent" });
      await storage.close();

      const locked = await machine.open({ masterKey });
      const unreadable = { code: "SECRET_UNREADABLE" };
      await expect(locked.secrets.read("s")).rejects.toMatchObject({ ...unreadable, details: { name: "s" } });
      await expect(locked.secrets.write("t", secret, { expect: "absent" })).rejects.toMatchObject(unreadable);
      expect(await locked.secrets.list()).toEqual(["s"]);
      await locked.state.commit([{ key: "a", value: 1 }]);
      await locked.close();

      const opened = await machine.open({ masterKey: key(1) });
      expect((await opened.secrets.read("s"))?.payload.expose()).toBe(VALUE);
    }
  });

  it("take a key of 32 bytes alone", async () => {
    for (const masterKey of [new Uint8Array(31), "k".repeat(32) as never])
      await expect(createTestMachine().open({ masterKey })).rejects.toMatchObject({
        code: "ARGUMENT_INVALID",
        details: { argument: "masterKey" },
      });
  });

  it.each([0o640, 0o604, 0o660])("are not opened with a key file of mode %o", async (mode) => {
    const machine = createTestMachine();
    const storage = await machine.open();
    await storage.secrets.write("s", secret, { expect: "absent" });
    await storage.close();
    machine.fileSystem.files.setMode(`${STORE}/master.key`, mode);
    const exposed = await machine.open();
    const unreadable = {
      code: "SECRET_UNREADABLE",
      details: { reason: expect.stringContaining("mode 600") },
    };
    await expect(exposed.secrets.read("s")).rejects.toMatchObject(unreadable);
    await expect(exposed.secrets.write("t", secret, { expect: "absent" })).rejects.toMatchObject(unreadable);
    await expect(exposed.rotateMasterKey()).rejects.toMatchObject(unreadable);
    await exposed.state.commit([{ key: "a", value: 1 }]);
    await exposed.close();
    machine.fileSystem.files.setMode(`${STORE}/master.key`, 0o600);
    expect((await (await machine.open()).secrets.read("s"))?.payload.expose()).toBe(VALUE);
  });

  it("may have their key file anywhere", async () => {
    const machine = createTestMachine();
    await machine.fileSystem.createDirectory("/keys");
    const masterKeyFile = "/keys/of-the-store";
    const storage = await machine.open({ masterKeyFile });
    await storage.secrets.write("s", secret, { expect: "absent" });
    await storage.rotateMasterKey();
    await storage.close();
    const files = machine.fileSystem.files.keys();
    expect(files.filter((path) => path.includes("key"))).toEqual([masterKeyFile]);
    expect((await (await machine.open({ masterKeyFile })).secrets.read("s"))?.payload.expose()).toBe(VALUE);
  });

  it("take no options that contradict each other", async () => {
    for (const options of [
      { previousMasterKey: key(1) },
      { masterKey: key(1), previousMasterKey: new Uint8Array(3) },
      { masterKey: key(1), masterKeyFile: "/k" },
      { masterKeyFile: "" },
    ])
      await expect(createTestMachine().open(options)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe(sealEnvelope.name, () => {
  const storeId = new Uint8Array(16).fill(7);
  const wrapping = deriveWrappingKey(key(1), storeId);
  const other = deriveWrappingKey(key(2), storeId);
  const subject = { name: "s", revision: 5 };
  const unreadable = expect.objectContaining({ code: "SECRET_UNREADABLE" });

  it("binds an envelope to name and revision, so that no record passes for another", () => {
    const sealed = sealEnvelope(VALUE, subject, wrapping);
    expect(openEnvelope(sealed, subject, wrapping)).toBe(VALUE);
    for (const [name, revision] of [
      ["t", 5],
      ["s", 6],
      ["5:s", 5],
    ] as const) {
      expect(() => openEnvelope(sealed, { name, revision }, wrapping)).toThrow(unreadable);
      expect(() => rewrapEnvelope(sealed, { name, revision }, wrapping, other)).toThrow(unreadable);
    }
  });

  it("gives every secret a data key of its own, and never seals twice alike", () => {
    const [one, two] = [1, 2].map(() => Buffer.from(sealEnvelope(VALUE, subject, wrapping), "base64url"));
    for (const [start, end] of [
      [9, 69],
      [69, undefined],
    ])
      expect(one?.subarray(start, end).equals(two?.subarray(start, end) ?? Buffer.of())).toBe(false);
  });

  it("names its version and its key in front, and keeps lone surrogates", () => {
    const sealed = sealEnvelope("\ud800", subject, wrapping);
    expect(Buffer.from(sealed, "base64url")[0]).toBe(1);
    expect(envelopeKeyId(sealed)).toBe(wrapping.id);
    expect(openEnvelope(sealed, subject, wrapping)).toBe("\ud800");
  });

  it("wraps the data key anew without touching what it seals", () => {
    const sealed = sealEnvelope(VALUE, subject, wrapping);
    const rewrapped = rewrapEnvelope(sealed, subject, wrapping, other);
    expect(envelopeKeyId(rewrapped)).toBe(other.id);
    expect(openEnvelope(rewrapped, subject, other)).toBe(VALUE);
    expect(() => openEnvelope(rewrapped, subject, wrapping)).toThrow(unreadable);
    const content = (envelope: string): Buffer => Buffer.from(envelope, "base64url").subarray(69);
    expect(content(rewrapped).equals(content(sealed))).toBe(true);
  });

  it("derives another key for another store", () => {
    const elsewhere = deriveWrappingKey(key(1), new Uint8Array(16).fill(8));
    expect(elsewhere.id).not.toBe(wrapping.id);
    const forged = { ...elsewhere, id: wrapping.id };
    expect(() => openEnvelope(sealEnvelope(VALUE, subject, wrapping), subject, forged)).toThrow(unreadable);
  });

  it("finds a change of any character, and says nothing about the value", () => {
    const sealed = sealEnvelope(VALUE, subject, wrapping);
    for (let at = 0; at < sealed.length; at++) {
      // The next one of the alphabet differs in its lowest bit, which the last character may not use.
      for (const changed of [sealed[at] === "A" ? "B" : "A", sealed[at] === "_" ? "-" : "_"]) {
        const damaged = sealed.slice(0, at) + changed + sealed.slice(at + 1);
        try {
          expect(openEnvelope(damaged, subject, wrapping)).toBe("refused");
        } catch (error) {
          if (!isKeelsonError(error, "SECRET_UNREADABLE")) throw error;
          expect(error.cause).toBeUndefined();
          expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(VALUE);
        }
      }
    }
    for (const nonsense of [
      "",
      ".",
      "AQ",
      sealed.slice(0, -1),
      `${sealed}A`,
      `${sealed}=`,
      sealed.slice(0, 130),
    ])
      expect(() => openEnvelope(nonsense, subject, wrapping)).toThrow(unreadable);
  });
});
