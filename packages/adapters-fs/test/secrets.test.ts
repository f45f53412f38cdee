import { openFsStorage } from "@keelson/adapters-fs";
import { isKeelsonError, Secret } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createSealer } from "../src/secrets/sealer.ts";
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
});

describe(createSealer.name, () => {
  const storeId = new Uint8Array(16).fill(7);
  const sealer = createSealer(key(1), storeId);

  it("binds a seal to name and revision, so that no record passes for another", () => {
    const sealed = sealer.seal(VALUE, "s", 5);
    expect(sealer.unseal(sealed, "s", 5)).toBe(VALUE);
    for (const [name, revision] of [
      ["t", 5],
      ["s", 6],
      ["5:s", 5],
    ] as const)
      expect(() => sealer.unseal(sealed, name, revision)).toThrow(
        expect.objectContaining({ code: "SECRET_UNREADABLE" }),
      );
  });

  it("never seals twice alike", () => {
    expect(sealer.seal(VALUE, "s", 5)).not.toBe(sealer.seal(VALUE, "s", 5));
  });

  it("derives another key for another store", () => {
    const other = createSealer(key(1), new Uint8Array(16).fill(8));
    expect(other.keyId).not.toBe(sealer.keyId);
    expect(() => other.unseal(sealer.seal(VALUE, "s", 5), "s", 5)).toThrow(
      expect.objectContaining({ code: "SECRET_UNREADABLE" }),
    );
  });

  it("finds a change of any character, and says nothing about the value", () => {
    const sealed = sealer.seal(VALUE, "s", 5);
    for (let at = 0; at < sealed.length; at++) {
      // Another character of the same alphabet, which differs in its highest bits too, since the last one may pad.
      const changed = sealed[at] === "A" ? "g" : "A";
      const damaged = sealed.slice(0, at) + changed + sealed.slice(at + 1);
      try {
        expect(sealer.unseal(damaged, "s", 5)).toBe("refused");
      } catch (error) {
        if (!isKeelsonError(error, "SECRET_UNREADABLE")) throw error;
        expect(error.cause).toBeUndefined();
        expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(VALUE);
      }
    }
    for (const nonsense of ["", ".", "1..", `1.${sealer.keyId}.`, `1.${sealer.keyId}.AAAA`])
      expect(() => sealer.unseal(nonsense, "s", 5)).toThrow(
        expect.objectContaining({ code: "SECRET_UNREADABLE" }),
      );
  });
});
