import { createMemoryStorage } from "@keelson/adapters-memory";
import { createTokenKeys, generateTokenKey, type TokenAlgorithm } from "@keelson/secrets/jwks";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore } from "./support/open-store.ts";

async function keyring(maxAgeMs?: number) {
  const opened = openStore();
  await opened.store.put("tokens", await generateTokenKey());
  const { store, clock } = opened;
  return { ...opened, keys: createTokenKeys({ store, name: "tokens", clock, maxAgeMs }) };
}

describe("createTokenKeys", () => {
  it.each<TokenAlgorithm>(["EdDSA", "ES256", "ES384", "PS256", "RS256"])(
    "signs and verifies with %s",
    async (alg) => {
      const { store, clock } = openStore();
      await store.put("tokens", await generateTokenKey(alg));
      const keys = createTokenKeys({ store, name: "tokens", clock });
      const token = await keys.sign({ sub: "ingest" }, MINUTE);
      expect(await keys.verify(token)).toMatchObject({
        ok: true,
        version: 1,
        stage: "current",
        claims: { sub: "ingest" },
      });
      // What is published suffices for anybody else.
      const published = (await (await keys.respond()).json()) as JSONWebKeySet;
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(published), {
        currentDate: new Date(clock.now()),
      });
      expect([payload.sub, protectedHeader.alg]).toEqual(["ingest", alg]);
    },
  );

  it("accepts and publishes a previous key to its deadline, and not a moment longer", async () => {
    const { store, keys, clock } = await keyring();
    const token = await keys.sign({}, 60 * MINUTE);
    await store.rotate("tokens", { graceMs: MINUTE, value: await generateTokenKey() });
    const next = await keys.sign({}, 60 * MINUTE);
    const kids = async () => (await keys.jwks()).keys.map(({ kid }) => kid);
    expect(await keys.verify(token)).toMatchObject({ ok: true, version: 1, stage: "previous" });
    expect(new Set(await kids()).size).toBe(2);
    await clock.advance(MINUTE - 1);
    expect((await keys.verify(token)).ok).toBe(true);
    expect(await kids()).toHaveLength(2);
    await clock.advance(1);
    expect(await keys.verify(token)).toEqual({ ok: false });
    expect(await kids()).toHaveLength(1);
    expect(await keys.verify(next)).toMatchObject({ ok: true, version: 2, stage: "current" });
  });

  it("refuses and publishes no more what was ended early, in every process", async () => {
    const { store, keys, clock, reopen } = await keyring();
    const other = createTokenKeys({ store: reopen(), name: "tokens", clock });
    const token = await keys.sign({}, 60 * MINUTE);
    await store.rotate("tokens", { graceMs: MINUTE, value: await generateTokenKey() });
    expect((await other.verify(token)).ok).toBe(true);
    await store.expireGrace("tokens");
    for (const each of [keys, other]) {
      expect((await each.verify(token)).ok).toBe(false);
      expect((await each.jwks()).keys).toHaveLength(1);
    }
  });

  it("lets nobody cache the published keys beyond the earliest deadline", async () => {
    const { store, keys, clock } = await keyring(5 * MINUTE);
    const cached = async () => (await keys.respond()).headers.get("cache-control");
    expect(await cached()).toBe("public, max-age=300");
    await store.rotate("tokens", { graceMs: 10 * MINUTE, value: await generateTokenKey() });
    expect(await cached()).toBe("public, max-age=300");
    await clock.advance(8 * MINUTE);
    expect(await cached()).toBe("public, max-age=120");
    await clock.advance(2 * MINUTE - 500);
    expect(await cached()).toBe("no-store");
    await clock.advance(500);
    expect(await cached()).toBe("public, max-age=300");
  });

  it("publishes nothing private", async () => {
    for (const alg of ["ES256", "RS256", "EdDSA"] as const) {
      const { store } = openStore();
      const value = await generateTokenKey(alg);
      await store.put("tokens", value);
      const response = await createTokenKeys({ store, name: "tokens" }).respond();
      expect(response.headers.get("content-type")).toBe("application/jwk-set+json");
      const text = await response.text();
      for (const member of ["d", "p", "q", "dp", "dq", "qi"]) {
        const hidden = JSON.parse(value)[member];
        if (hidden !== undefined) expect(text).not.toContain(hidden);
        expect(text).not.toContain(`"${member}":`);
      }
    }
  });

  it("refuses tokens that others signed, that are over, or that say nothing of their end", async () => {
    const { store, keys, clock } = await keyring();
    const token = await keys.sign({ iss: "us", aud: "them" }, MINUTE);
    expect((await keys.verify(token, { issuer: "us", audience: "them" })).ok).toBe(true);
    expect(await keys.verify(token, { issuer: "others" })).toEqual({ ok: false });
    expect(await keys.verify(token, { audience: "others" })).toEqual({ ok: false });
    const own = JSON.parse((await store.get("tokens")).expose());
    const [{ kid } = { kid: "" }] = (await keys.jwks()).keys;
    const foreign = JSON.parse(await generateTokenKey());
    const exp = Math.floor(clock.now() / 1000) + 60;
    const signed = (jwk: object, claims: object) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: "ES256", kid }).sign(jwk as Uint8Array);
    const publicText = new TextEncoder().encode(JSON.stringify((await keys.jwks()).keys[0]));
    const confused = await new SignJWT({ exp }).setProtectedHeader({ alg: "HS256", kid }).sign(publicText);
    for (const bad of [
      await signed(foreign, { exp }),
      await signed(own, {}),
      confused,
      new UnsecuredJWT({ exp }).encode(),
      `${token.slice(0, -4)}AAAA`,
      "",
      "a.b.c",
      undefined as unknown as string,
    ])
      expect(await keys.verify(bad)).toEqual({ ok: false });
    expect((await keys.verify(await signed(own, { exp }))).ok).toBe(true);
    await clock.advance(MINUTE);
    expect(await keys.verify(token)).toEqual({ ok: false });
  });

  it("counts who presents tokens of which version", async () => {
    const { store, keys } = await keyring();
    await keys.verify(await keys.sign({}, MINUTE), { consumer: "web" });
    expect((await store.status("tokens")).versions[0]?.usage).toMatchObject([{ consumer: "web", count: 1 }]);
  });

  it("knows no key where there is none, and shows nothing of what is no key", async () => {
    const { store } = openStore(createMemoryStorage());
    const keys = createTokenKeys({ store, name: "tokens" });
    expect(await keys.verify("a.b.c")).toEqual({ ok: false });
    await expect(keys.sign({}, MINUTE)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
    const shared = JSON.stringify({ kty: "oct", k: "canary-shared-key", alg: "HS256" });
    for (const [i, value] of ["canary no JSON", shared, '{"kty":"EC","alg":"ES256"}'].entries()) {
      await store.put(`bad ${i}`, value);
      const error = await createTokenKeys({ store, name: `bad ${i}` })
        .jwks()
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "SECRET_UNREADABLE" });
      expect(JSON.stringify(error) + String(error)).not.toContain("canary");
    }
    await store.put("revoked", await generateTokenKey());
    await store.revoke("revoked", 1);
    await expect(createTokenKeys({ store, name: "revoked" }).sign({}, MINUTE)).rejects.toMatchObject({
      code: "SECRET_NOT_FOUND",
    });
  });
});
