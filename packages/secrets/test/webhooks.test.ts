import { createHmac } from "node:crypto";
import { createMemoryStorage } from "@keelson/adapters-memory";
import {
  createWebhookSigner,
  createWebhookVerifier,
  generateWebhookSecret,
  type WebhookScheme,
} from "@keelson/secrets/webhooks";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore } from "./support/open-store.ts";

const BODY = '{"type":"document.indexed","text":"é"}';
const [ONE, TWO] = [generateWebhookSecret(), generateWebhookSecret()];

/** A sender and a receiver of their own stores, as they are in the world. */
async function correspond(scheme: WebhookScheme, options = {}) {
  const receiver = openStore();
  const sender = openStore();
  for (const { store } of [receiver, sender]) await store.put("events", ONE);
  const common = { name: "events", scheme };
  const signer = createWebhookSigner({ ...common, store: sender.store, clock: receiver.clock });
  const verifier = createWebhookVerifier({
    ...common,
    store: receiver.store,
    clock: receiver.clock,
    ...options,
  });
  const send = async (change: Record<string, string> = {}, body: string | Uint8Array = BODY) =>
    verifier.verify({ headers: new Headers({ ...(await signer.sign(BODY)), ...change }), body });
  return { receiver, sender, signer, verifier, send, clock: receiver.clock };
}

describe.each(["stripe", "standard"] as const)("a webhook signed as %s", (scheme) => {
  it("is accepted from a sender with the current or the previous version, and says which", async () => {
    const { receiver, sender, send, clock } = await correspond(scheme, { consumer: "sender" });
    expect(await send()).toMatchObject({ ok: true, version: 1, stage: "current" });
    await receiver.store.rotate("events", { graceMs: MINUTE, value: TWO });
    await clock.advance(1000);
    expect(await send()).toMatchObject({ ok: true, version: 1, stage: "previous" });
    await sender.store.rotate("events", { graceMs: 10 * MINUTE, value: TWO });
    await clock.advance(1000);
    // Signed by both now.
    expect(await send()).toMatchObject({ ok: true, version: 2, stage: "current" });
    expect((await receiver.store.status("events")).versions[0]?.usage).toMatchObject([
      { consumer: "sender", count: 2 },
    ]);
  });

  it("is refused from the previous version once its window is over, or ended", async () => {
    for (const end of ["deadline", "expireGrace"]) {
      const { receiver, send, clock } = await correspond(scheme);
      await receiver.store.rotate("events", { graceMs: MINUTE, value: TWO });
      expect((await send()).ok).toBe(true);
      if (end === "deadline") await clock.advance(MINUTE);
      else await receiver.store.expireGrace("events");
      await clock.advance(1000);
      expect(await send()).toEqual({ ok: false });
    }
  });

  it("carries a signature by every version that a receiver may still have", async () => {
    const { receiver, sender, signer, verifier } = await correspond(scheme);
    await sender.store.rotate("events", { graceMs: MINUTE, value: TWO });
    const headers = new Headers(await signer.sign(BODY));
    expect(await verifier.verify({ headers, body: BODY })).toMatchObject({ ok: true, version: 1 });
    await receiver.store.rotate("events", { graceMs: 0, value: TWO });
    const again = new Headers(await signer.sign(BODY, { id: "msg_2" }));
    const other = createWebhookVerifier({
      store: receiver.store,
      name: "events",
      scheme,
      clock: receiver.clock,
    });
    expect(await other.verify({ headers: again, body: BODY })).toMatchObject({ ok: true, version: 2 });
  });

  it("is refused with another body, and the same as bytes is accepted", async () => {
    const { send } = await correspond(scheme);
    expect(await send({}, BODY.replace("indexed", "deleted"))).toEqual({ ok: false });
    expect((await send({}, new TextEncoder().encode(BODY))).ok).toBe(true);
  });

  it("is refused when it is too old or from the future", async () => {
    const { signer, verifier, clock } = await correspond(scheme, { toleranceMs: MINUTE });
    const now = clock.now();
    for (const [offset, ok] of [
      [-MINUTE - 1000, false],
      [-MINUTE, true],
      [MINUTE, true],
      [MINUTE + 1000, false],
    ] as const) {
      clock.setNow(now + offset);
      const headers = new Headers(await signer.sign(BODY));
      clock.setNow(now);
      expect((await verifier.verify({ headers, body: BODY })).ok).toBe(ok);
    }
  });

  it("is refused the second time, in every process that shares a state, and remembered no longer than needed", async () => {
    const { state } = createMemoryStorage();
    const { receiver, signer, verifier, clock } = await correspond(scheme, { state });
    const store = receiver.reopen();
    const other = createWebhookVerifier({ store, name: "events", scheme, clock, state });
    const deliver = async (id: string) => {
      const delivery = { headers: new Headers(await signer.sign(BODY, { id })), body: BODY };
      return Promise.all([verifier, other, verifier].map((each) => each.verify(delivery)));
    };
    const results = await deliver("msg_1");
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await state.scan()).toHaveLength(1);
    await clock.advance(11 * MINUTE);
    expect((await deliver("msg_2")).filter(({ ok }) => ok)).toHaveLength(1);
    expect(await state.scan()).toHaveLength(1);
  });

  it("stays remembered whatever other secret with a slash in its name sweeps the same state", async () => {
    for (const name of ["events/0-eu", "events/-", "events/ a", "events%2F"]) {
      const { state } = createMemoryStorage();
      const { receiver, clock } = await correspond(scheme);
      await receiver.store.put(name, ONE);
      const at = (of: string) => ({ store: receiver.store, name: of, scheme, clock, state });
      const verifier = createWebhookVerifier(at(name));
      const headers = new Headers(await createWebhookSigner(at(name)).sign(BODY));
      expect((await verifier.verify({ headers, body: BODY })).ok).toBe(true);
      const others = new Headers(await createWebhookSigner(at("events")).sign(BODY));
      expect((await createWebhookVerifier(at("events")).verify({ headers: others, body: BODY })).ok).toBe(
        true,
      );
      expect([name, await verifier.verify({ headers, body: BODY })]).toEqual([name, { ok: false }]);
    }
  });

  it("is refused the second time by a process alone", async () => {
    const { signer, verifier, clock } = await correspond(scheme);
    const delivery = { headers: new Headers(await signer.sign(BODY)), body: BODY };
    expect((await verifier.verify(delivery)).ok).toBe(true);
    await clock.advance(4 * MINUTE);
    expect((await verifier.verify(delivery)).ok).toBe(false);
    expect((await verifier.verify({ ...delivery, headers: new Headers(await signer.sign(BODY)) })).ok).toBe(
      true,
    );
  });

  it.each([
    {},
    { "stripe-signature": "", "webhook-signature": "" },
    { "stripe-signature": "t=x,v1=00", "webhook-timestamp": "x" },
    { "stripe-signature": `t=1000,v1=${"0".repeat(64)}`, "webhook-signature": `v1,${"A".repeat(43)}=` },
    { "stripe-signature": "t=1000,v1=zz", "webhook-signature": "v1,!" },
    { "stripe-signature": "v1=00", "webhook-id": "" },
    { "stripe-signature": "t=1000", "webhook-signature": "v1a,AAAA" },
  ])("is refused with %j", async (headers) => {
    const { verifier, signer } = await correspond(scheme);
    const signed = Object.keys(headers).length === 0 ? {} : await signer.sign(BODY);
    expect(await verifier.verify({ headers: new Headers({ ...signed, ...headers }), body: BODY })).toEqual({
      ok: false,
    });
  });

  it("is refused by a secret that does not exist", async () => {
    const { receiver, signer } = await correspond(scheme);
    const verifier = createWebhookVerifier({ store: receiver.store, name: "unknown", scheme });
    expect(await verifier.verify({ headers: new Headers(await signer.sign(BODY)), body: BODY })).toEqual({
      ok: false,
    });
    const unable = createWebhookSigner({ store: receiver.store, name: "unknown", scheme });
    await expect(unable.sign(BODY)).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});

describe("the schemes", () => {
  it("are those of their documentation", async () => {
    // The example of standardwebhooks.com's specification, and Stripe's recipe.
    const clock = openStore().clock;
    const { store } = openStore();
    await store.put("standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    await store.put("stripe", "whsec_test_secret");
    clock.setNow(1_614_265_330_000);
    const standard = createWebhookSigner({ store, name: "standard", scheme: "standard", clock });
    expect(await standard.sign('{"test": 2432232314}', { id: "msg_p5jXN8AQM9LWM0D4loKWxJek" })).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
    const stripe = createWebhookSigner({ store, name: "stripe", scheme: "stripe", clock });
    const v1 = createHmac("sha256", "whsec_test_secret").update(`1614265330.${BODY}`).digest("hex");
    expect(await stripe.sign(BODY)).toEqual({ "stripe-signature": `t=1614265330,v1=${v1}` });
  });

  it("sign and accept nothing by a secret that holds no key", async () => {
    const { store, clock } = openStore();
    await store.put("events", "whsec_");
    const options = { store, name: "events", scheme: "standard", clock } as const;
    await expect(createWebhookSigner(options).sign(BODY)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    // What anybody can make: the key is empty.
    const seconds = String(Math.floor(clock.now() / 1000));
    const forged = createHmac("sha256", "").update(`msg_1.${seconds}.${BODY}`).digest("base64");
    const headers = new Headers({
      "webhook-id": "msg_1",
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${forged}`,
    });
    expect(await createWebhookVerifier(options).verify({ headers, body: BODY })).toEqual({ ok: false });
  });

  it("refuse a name or consumer that cannot be one before any message is remembered", () => {
    const { store } = openStore();
    for (const bad of [{ consumer: "" }, { consumer: "x".repeat(129) }, { name: "" }])
      expect(() => createWebhookVerifier({ store, name: "events", scheme: "stripe", ...bad })).toThrow(
        expect.objectContaining({ name: "KeelsonError" }),
      );
  });

  it("refuse ids that could be mistaken", async () => {
    const { signer } = await correspond("standard");
    for (const id of ["", "a.b", "a b", "é", "x".repeat(257)])
      await expect(signer.sign(BODY, { id })).rejects.toMatchObject({ details: { argument: "id" } });
  });
});
