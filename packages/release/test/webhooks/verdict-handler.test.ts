import { describe, expect, it } from "vitest";
import { pointEstimate } from "../../src/index.ts";
import { createVerdictHandler, type VerdictHandler, type VerdictHandlerOptions } from "../../src/webhooks.ts";
import { bench, casesOf, scoreTable } from "../support.ts";

const URL_OF_HANDLER = "https://keelson.example/verdict";

async function handlerOf(options: Omit<VerdictHandlerOptions, "releases"> = {}) {
  const evals = scoreTable({ v3: { q0: 0 } });
  const { manager } = await bench({ promoted: 1, evals });
  return { manager, handle: createVerdictHandler({ releases: manager, ...options }) };
}

async function ask(handle: VerdictHandler, query: string, init?: RequestInit) {
  const response = await handle(new Request(URL_OF_HANDLER + query, init));
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** A hook as Flagger sends it. */
function hook(metadata: object): RequestInit {
  const body = { name: "rag", namespace: "prod", phase: "Progressing", metadata };
  return { method: "POST", body: JSON.stringify(body) };
}

describe("createVerdictHandler", () => {
  it("tells Argo's web metric the verdict, whatever it is", async () => {
    const { manager, handle } = await handlerOf();
    expect(await ask(handle, "?release=v2")).toMatchObject({
      status: 200,
      body: {
        release: "v2",
        verdict: "hold",
        reason: "nothing has been judged yet",
        live: "v1",
        sequence: null,
      },
    });
    const options = { cases: casesOf(3), gate: pointEstimate() };
    await manager.canary("v2", options);
    await manager.canary("v3", options);
    const [, judged] = await manager.history({ types: ["canaryJudged"] });
    expect((await ask(handle, "?release=v2")).body).toMatchObject({ verdict: "promote" });
    expect((await ask(handle, "?release=v3")).body).toEqual({
      release: "v3",
      verdict: "rollback",
      reason: judged?.why,
      live: "v1",
      sequence: judged?.sequence,
      atMs: judged?.atMs,
    });
  });

  it("answers Flagger's hooks by status: success only for the verdicts that are expected", async () => {
    const { manager, handle } = await handlerOf();
    await manager.canary("v3", { cases: casesOf(3), gate: pointEstimate() });
    const statusOf = async (expected: string) =>
      (await ask(handle, "", hook({ release: "v3", expect: expected }))).status;
    expect(await statusOf("promote")).toBe(409);
    expect(await statusOf("promote,hold")).toBe(409);
    expect(await statusOf("rollback")).toBe(200);
    expect((await ask(handle, "?release=v3&expect=rollback")).status).toBe(200);
    expect((await ask(handle, "?expect=rollback", hook({ release: "v3" }))).status).toBe(200);
  });

  it("follows a release through its ramp, a promotion, and a rollback", async () => {
    const { manager, handle } = await handlerOf();
    const verdictOf = async (release: string) => (await ask(handle, `?release=${release}`)).body.verdict;
    await manager.ramp("v2", { stages: [0.5, 1] });
    expect(await verdictOf("v2")).toBe("hold");
    await manager.promote("v2");
    expect(await verdictOf("v2")).toBe("promote");
    await manager.rollback({ why: "the phone rings" });
    expect((await ask(handle, "?release=v2")).body).toMatchObject({
      verdict: "rollback",
      reason: "the phone rings",
      live: "v1",
    });
    expect(await verdictOf("v1")).toBe("promote");
  });

  it("lets in by header or by metadata, and nobody else in", async () => {
    const { handle } = await handlerOf({ token: "s3cret" });
    const header = (authorization: string) => ask(handle, "?release=v2", { headers: { authorization } });
    expect((await header("Bearer s3cret")).status).toBe(200);
    expect((await header("bearer s3cret")).status).toBe(200);
    expect((await ask(handle, "?release=v2", hook({ token: "s3cret" }))).status).toBe(200);
    for (const wrong of ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer"]) {
      const { status, headers, body } = await header(wrong);
      expect([status, headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(JSON.stringify(body)).not.toContain("s3c");
    }
    for (const query of ["?release=v2", "?release=nobody", "?release=v2&token=s3cret", ""]) {
      expect((await ask(handle, query)).status).toBe(401);
    }
    expect((await ask(handle, "?release=v2", hook({ token: 7 }))).status).toBe(401);
    expect((await ask(handle, "?release=v2", { method: "POST", body: "{" })).status).toBe(401);
    await expect(handlerOf({ token: "" })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });

  it("refuses what it can't answer, by status", async () => {
    const { handle } = await handlerOf();
    expect((await ask(handle, "")).status).toBe(400);
    expect((await ask(handle, "?release=")).status).toBe(400);
    expect((await ask(handle, "?release=v9")).status).toBe(404);
    expect((await ask(handle, `?release=${"x".repeat(300)}`)).status).toBe(404);
    for (const body of ["{", "x".repeat(70_000)]) {
      expect((await ask(handle, "?release=v2", { method: "POST", body })).status).toBe(400);
    }
    for (const body of ["", "null", "[]", `"x"`, `{"metadata":null}`, `{"metadata":"x"}`]) {
      expect((await ask(handle, "?release=v2", { method: "POST", body })).status).toBe(200);
    }
    const { status, headers } = await ask(handle, "?release=v2", { method: "DELETE" });
    expect([status, headers.get("allow")]).toEqual([405, "GET, POST"]);
  });

  it("may not be cached, and says when the store can't be read", async () => {
    const told: unknown[] = [];
    const { manager, handle } = await handlerOf();
    expect((await ask(handle, "?release=v2")).headers.get("cache-control")).toBe("no-store");
    const failure = new Error("connection to 10.0.0.7 lost");
    const releases = { ...manager, history: () => Promise.reject(failure) };
    const broken = createVerdictHandler({ releases, onError: (error) => told.push(error) });
    expect(await ask(broken, "?release=v2")).toMatchObject({ status: 503, body: { error: "UNKNOWN" } });
    expect(told).toEqual([failure]);
  });

  it("reads on in the audit log from where it was, asked by many at once", async () => {
    const { manager, handle } = await handlerOf();
    for (let i = 0; i < 5; i++) {
      await manager.promote("v2");
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(handle, "?release=v2")));
      expect(answers.map(({ body }) => body.verdict)).toEqual(Array(5).fill("promote"));
      await manager.rollback({ to: "v1" });
      expect((await ask(handle, "?release=v2")).body.verdict).toBe("rollback");
    }
  });
});
