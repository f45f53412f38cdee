import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  createSecretCheck,
  requireSecret,
  requireSecretExpress,
  requireSecretHono,
} from "@keelson/secrets/http";
import express from "express";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { interceptBackend } from "./support/intercept-backend.ts";
import { MINUTE, openStore, token } from "./support/open-store.ts";

const [OLD, NEW] = [token("old"), token("new")];
const EXPIRES = "secret-expires";

async function rotated() {
  const opened = openStore();
  await opened.store.put("api", OLD, { kind: "verify" });
  await opened.store.rotate("api", { graceMs: MINUTE, value: NEW });
  return opened;
}

/** Asks a server with the headers given, and tells what may be told. */
type Ask = (headers: Record<string, string>) => Promise<{ status: number; body: string; headers: Headers }>;

async function answerOf(response: Response): ReturnType<Ask> {
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** The same server in every framework. */
const frameworks: Record<
  string,
  (options: Parameters<typeof requireSecret>[0]) => Promise<{ ask: Ask; close(): void }>
> = {
  "fetch handlers": async (options) => {
    const guarded = requireSecret(options);
    const ask: Ask = async (headers) =>
      answerOf(await guarded(new Request("https://example.com/", { headers }), () => new Response("in")));
    return { ask, close: () => {} };
  },
  Hono: async (options) => {
    const app = new Hono();
    app.use("*", requireSecretHono(options));
    app.get("/", (context) => context.text("in"));
    app.onError((_, context) => context.text("error", 500));
    return { ask: async (headers) => answerOf(await app.request("/", { headers })), close: () => {} };
  },
  Express: async (options) => {
    const app = express();
    app.use(requireSecretExpress(options));
    app.get("/", (_, response) => void response.send("in"));
    app.use(((error, _request, response, _next) => {
      response.status(500).send(`error ${error.message}`);
    }) as express.ErrorRequestHandler);
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      ask: async (headers) => answerOf(await fetch(`http://127.0.0.1:${port}/`, { headers })),
      close: () => void server.close(),
    };
  },
};

describe.each(Object.keys(frameworks))("a required secret, in %s", (framework) => {
  const open = (options: Parameters<typeof requireSecret>[0]) => {
    const make = frameworks[framework];
    if (make === undefined) throw new Error("no such framework");
    return make(options);
  };

  it("lets current and previous through, and tells only the previous one until when, where asked to", async () => {
    const { store, clock } = await rotated();
    const { ask, close } = await open({ store, name: "api", graceHeader: EXPIRES });
    const current = await ask({ authorization: `Bearer ${NEW}` });
    expect([current.status, current.body, current.headers.get(EXPIRES)]).toEqual([200, "in", null]);
    const previous = await ask({ authorization: `bearer  ${OLD} ` });
    expect([previous.status, previous.body]).toEqual([200, "in"]);
    expect(Date.parse(previous.headers.get(EXPIRES) ?? "")).toBe(clock.now() + MINUTE);
    close();
    const silent = await open({ store, name: "api" });
    expect((await silent.ask({ authorization: `Bearer ${OLD}` })).headers.get(EXPIRES)).toBeNull();
    silent.close();
  });

  it("refuses all else with 401 and no more, each in the same way", async () => {
    const { store, clock } = await rotated();
    const { ask, close } = await open({ store, name: "api", graceHeader: EXPIRES });
    const unknown = await open({ store, name: "unknown" });
    await clock.advance(MINUTE);
    const seen = [
      await ask({}),
      await ask({ authorization: "" }),
      await ask({ authorization: "Bearer" }),
      await ask({ authorization: NEW }),
      await ask({ authorization: `Basic ${NEW}` }),
      await ask({ authorization: `Bearer ${NEW}x` }),
      await ask({ authorization: `Bearer ${OLD}` }),
      await ask({ authorization: `Bearer ${"x".repeat(7_000)}` }),
      await unknown.ask({ authorization: `Bearer ${NEW}` }),
    ];
    for (const { status, body, headers } of seen) {
      expect([status, body]).toEqual([401, ""]);
      expect(headers.get("www-authenticate")).toBe("Bearer");
      expect(headers.get("cache-control")).toBe("no-store");
    }
    close();
    unknown.close();
  });

  it("takes another header, whole", async () => {
    const { store } = await rotated();
    const { ask, close } = await open({ store, name: "api", header: "X-Api-Key", consumer: "web" });
    expect((await ask({ "x-api-key": NEW })).status).toBe(200);
    expect((await ask({ "x-api-key": `Bearer ${NEW}` })).headers.get("www-authenticate")).toBe("ApiKey");
    expect((await store.status("api")).versions[1]?.usage).toMatchObject([{ consumer: "web", count: 1 }]);
    close();
  });

  it("finds the secret of a client by its headers, and knows none for what cannot be a name", async () => {
    const { store } = await rotated();
    await store.put("client a", token("a"), { kind: "verify" });
    const { ask, close } = await open({ store, name: (headers) => headers.get("x-client") ?? undefined });
    const authorization = `Bearer ${token("a")}`;
    expect((await ask({ authorization, "x-client": "client a" })).status).toBe(200);
    for (const client of ["client b", "x".repeat(257), ""])
      expect((await ask({ authorization, "x-client": client })).status).toBe(401);
    expect((await ask({ authorization })).status).toBe(401);
    close();
  });
});

describe("an error of the store", () => {
  it("lets nobody through", async () => {
    const { backend } = openStore();
    const secrets = interceptBackend(backend, () => Promise.reject(new Error("down")));
    const { store } = openStore({ backend: secrets });
    const request = new Request("https://example.com/", { headers: { authorization: `Bearer ${NEW}` } });
    let called = false;
    const next = () => {
      called = true;
      return new Response("in");
    };
    await expect(requireSecret({ store, name: "api" })(request, next)).rejects.toThrow("down");
    const errors: unknown[] = [];
    const response = { statusCode: 200, setHeader: () => {}, end: () => {} };
    await requireSecretExpress({ store, name: "api" })(
      { headers: {} },
      response,
      (error) => void errors.push(error),
    );
    expect(errors).toMatchObject([{ message: "down" }]);
    expect(called).toBe(false);
    const hono = frameworks.Hono;
    const { ask } = (await hono?.({ store, name: "api" })) ?? { ask: undefined };
    expect((await ask?.({}))?.status).toBe(500);
  });
});

describe("createSecretCheck", () => {
  it("verifies once, whatever is presented", async () => {
    const { store } = await rotated();
    const calls: unknown[] = [];
    const check = createSecretCheck({
      name: () => undefined,
      store: {
        verify: (...args) => {
          calls.push(args[1]);
          return store.verify(...args);
        },
      },
    });
    expect(await check(new Headers())).toEqual({ ok: false });
    expect(await check(new Headers({ authorization: `Bearer ${NEW}` }))).toEqual({ ok: false });
    expect(calls).toEqual(["", NEW]);
  });

  it("needs the name of a header", () => {
    const { store } = openStore();
    expect(() => createSecretCheck({ store, name: "api", header: "" })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
