// Each answers whether a key is accepted, and rotates to a new one with a window.
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { createSecretStore } from "./build.mjs";

export const WINDOW_MS = 60_000;

export async function keelson(storage, clock) {
  // Two processes: one rotates, all verify by their own store.
  const store = createSecretStore({ ...storage, clock });
  const other = createSecretStore({ ...storage, clock });
  let key = (await store.put("api", undefined, { kind: "verify" })).secret.expose();
  return {
    name: storage.state ? "keelson" : "keelson, no state",
    key: () => key,
    async rotate() {
      key = (await store.rotate("api", { graceMs: WINDOW_MS })).secret.expose();
    },
    verify: async (presented) => (await other.verify("api", presented)).ok,
    end: () => store.expireGrace("api"),
  };
}

/** The same with a leak put in: the key compared character by character too, up to the first that differs. */
export function leaky(contender) {
  return {
    ...contender,
    name: `${contender.name}, made to leak`,
    async verify(presented) {
      const key = contender.key();
      let same = 0;
      while (same < key.length && presented[same] === key[same]) same += 1;
      return (await contender.verify(presented)) || same === key.length;
    },
  };
}

/** The same with so many nanoseconds of work put in where a key is accepted. */
export function delayed(contender, ns) {
  const work = (turns) => {
    let x = 1;
    for (let i = 0; i < turns; i++) x = Math.imul(x, 48_271) ^ i;
    return x;
  };
  work(1e8);
  const started = process.hrtime.bigint();
  work(1e8);
  const turns = Math.round((ns * 1e8) / Number(process.hrtime.bigint() - started));
  return {
    ...contender,
    name: `${contender.name}, ${ns} ns put in`,
    verify: async (presented) => {
      const ok = await contender.verify(presented);
      return work(turns * Number(ok)) !== 0 && ok;
    },
  };
}

/** What many write first: a map of two slots, compared as strings, with a deadline kept by nobody but itself. */
export async function twoSlots(clock) {
  let made = 0;
  const make = () => `key-${made++}-${Math.random().toString(36).slice(2)}-${"x".repeat(20)}`;
  const slots = { current: make(), previous: undefined, until: 0 };
  return {
    name: "two slots",
    key: () => slots.current,
    async rotate() {
      Object.assign(slots, { previous: slots.current, until: clock.now() + WINDOW_MS, current: make() });
    },
    verify: async (presented) =>
      presented === slots.current || (presented === slots.previous && clock.now() < slots.until),
    end: async () => {
      slots.previous = undefined;
    },
  };
}

/** jose's key set with the current and the previous public key, the set rebuilt at each rotation. */
export async function joseKeySet(clock) {
  let previous;
  let current;
  let set;
  let count = 0;
  const publish = () => {
    set = createLocalJWKSet({ keys: [current?.jwk, previous?.jwk].filter(Boolean) });
  };
  const make = async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const kid = String(count++);
    const token = await new SignJWT({ exp: 4_000_000_000 })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);
    return { token, jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256" } };
  };
  current = await make();
  publish();
  return {
    name: "jose key set (ES256)",
    slow: true,
    key: () => current.token,
    // A token whose signature alone is wrong: 64 bytes.
    wrong: () => {
      const signature = Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString("base64url");
      return `${current.token.slice(0, current.token.lastIndexOf("."))}.${signature}`;
    },
    async rotate() {
      previous = current;
      current = await make();
      publish();
    },
    verify: (presented) =>
      jwtVerify(presented, set, { currentDate: new Date(clock.now()) }).then(
        () => true,
        () => false,
      ),
    end: async () => {
      previous = undefined;
      publish();
    },
  };
}
