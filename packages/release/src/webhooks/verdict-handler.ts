import { createHash, timingSafeEqual } from "node:crypto";
import { argumentInvalid, isKeelsonError } from "@keelson/core";
import type { VerdictKind } from "../gate.ts";
import type { ReleaseManager } from "../release-manager.ts";
import { readRequest } from "./request-facts.ts";
import { createVerdictLog } from "./verdict-log.ts";

/** What {@link createVerdictHandler} takes. */
export interface VerdictHandlerOptions {
  /** Whose verdicts are told. */
  readonly releases: Pick<ReleaseManager, "get" | "live" | "history">;
  /**
   * What callers must present, as `Authorization: Bearer` or as `metadata.token` of a JSON body. Not empty. Default:
   * nothing, for networks that let nobody else in.
   */
  readonly token?: string | undefined;
  /** Told of what went wrong where the answer is 503. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** The JSON of an answer. */
export interface VerdictAnswer {
  readonly release: string;
  /** The last that the audit log says: of a canary, a ramp, a promotion or a rollback. `hold` where it says nothing yet. */
  readonly verdict: VerdictKind;
  readonly reason: string;
  /** The release that is live; `null` where none is. */
  readonly live: string | null;
  /** The sequence of the audit event behind it; `null` where there is none. */
  readonly sequence: number | null;
  /** When that was, in epoch milliseconds. */
  readonly atMs: number | null;
}

/** Answers one request. It never rejects. */
export type VerdictHandler = (request: Request) => Promise<Response>;

/**
 * A handler, by the fetch standard, that tells what is known of a release, for whatever moves the traffic:
 * `GET` or `POST` with `?release=v2`, answered with a {@link VerdictAnswer}. It changes nothing.
 *
 * With `&expect=promote`, or several parted by commas, any other verdict is answered with 409: what a Flagger hook goes
 * by. A hook's `metadata` may hold `release`, `expect` and `token` instead of the URL. An Argo Rollouts `web` metric
 * asks without `expect` and reads `{$.verdict}`.
 *
 * 200 with the verdict, 400 for a request that names no release or has a bad body, 401 for a wrong token, which is compared
 * in constant time, 404 for a release that is not registered, 405 for other methods, 409 for an unexpected verdict, 503
 * where the store can't be read. Answers may not be cached.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the token is empty.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createReleaseManager } from "@keelson/release";
 * import { createVerdictHandler } from "@keelson/release/webhooks";
 *
 * const releases = createReleaseManager(createMemoryStorage());
 * await releases.register("v2", { prompt: "Answer and cite.", model: "small" });
 * const handle = createVerdictHandler({ releases });
 *
 * const ask = (query: string) => handle(new Request(`https://keelson.example/verdict?release=v2${query}`));
 * console.log((await ask("")).status, (await ask("&expect=promote")).status); // 200 409
 * await releases.promote("v2");
 * console.log((await ask("&expect=promote")).status); // 200
 * ```
 */
export function createVerdictHandler(options: VerdictHandlerOptions): VerdictHandler {
  const { releases, token, onError } = options;
  if (token === "") throw argumentInvalid("token", "is empty");
  const expected = token === undefined ? undefined : digest(token);
  const log = createVerdictLog(releases);

  return async (request) => {
    const { method, signal } = request;
    if (method !== "GET" && method !== "POST")
      return answer(405, { error: "METHOD" }, { allow: "GET, POST" });
    try {
      const asked = await readRequest(request);
      const presented = asked?.token ?? "";
      if (expected !== undefined && !timingSafeEqual(digest(presented), expected)) {
        return answer(401, { error: "TOKEN" }, { "www-authenticate": "Bearer" });
      }
      if (asked === undefined) return answer(400, { error: "BODY" });
      const { release, expect } = asked;
      if (release === null || release === "") return answer(400, { error: "RELEASE" });
      if ((await releases.get(release, { signal })) === undefined) {
        return answer(404, { error: "RELEASE_NOT_FOUND" });
      }
      const last = (await log.read({ signal })).get(release);
      const live = await releases.live({ signal });
      const told: VerdictAnswer = {
        release,
        verdict: last?.verdict ?? "hold",
        reason: last?.reason ?? "nothing has been judged yet",
        live: live?.name ?? null,
        sequence: last?.sequence ?? null,
        atMs: last?.atMs ?? null,
      };
      return answer(expect === null || expect.includes(told.verdict) ? 200 : 409, told);
    } catch (error) {
      if (isKeelsonError(error, "KEY_INVALID")) return answer(404, { error: "RELEASE_NOT_FOUND" });
      onError?.(error);
      return answer(503, { error: isKeelsonError(error) ? error.code : "UNKNOWN" });
    }
  };
}

// Of one length, whatever was presented.
function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers } });
}
