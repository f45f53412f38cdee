import { isKeelsonError, type Json, type JsonObject } from "@keelson/core";
import type { Assignment, Router } from "../router.ts";
import { flagValue } from "./flag-value.ts";

/** What a flag is evaluated for. */
export interface FlagContext {
  /** The key that requests are routed by. Without it the live release answers. */
  readonly targetingKey?: string | undefined;
}

/** How a flag was evaluated: OpenFeature's `ResolutionDetails`. */
export interface FlagDetails<T> {
  /** The flag's value, or the default where there is an `errorCode`. */
  value: T;
  /** The release that the value comes from. */
  variant?: string;
  /** `SPLIT` where a ramp and the key decided, `STATIC` where nothing had to, `ERROR` with an `errorCode`. */
  reason: "SPLIT" | "STATIC" | "ERROR";
  /** `PROVIDER_NOT_READY` while nothing is live, `FLAG_NOT_FOUND`, `TYPE_MISMATCH`, else `GENERAL`. */
  // biome-ignore lint/suspicious/noExplicitAny: OpenFeature's is an enum, whose members no string is one of
  errorCode?: any;
  /** What went wrong, without a value. */
  errorMessage?: string;
  /**
   * What to observe the request as: `release`, `bundleId`, `side`, which is `candidate` or `baseline`, and during a ramp
   * the `stage`.
   */
  flagMetadata?: { release: string; bundleId: string; side: string; stage?: string };
}

/** What {@link createOpenFeatureProvider} takes. */
export interface OpenFeatureProviderOptions {
  /** What assigns requests: a {@link Router} or a ramp's handle. It stays open when OpenFeature is closed. */
  readonly router: Pick<Router, "assign">;
  /** What the provider is called. Default `"keelson"`. */
  readonly name?: string | undefined;
}

/** A provider as the server SDK of OpenFeature takes it. */
export interface OpenFeatureProvider {
  /** Its name. */
  readonly metadata: { readonly name: string };
  /** For servers only: an evaluation is for one request. */
  readonly runsOn: "server";
  /** Evaluates a flag that is true or false. */
  resolveBooleanEvaluation(
    flag: string,
    fallback: boolean,
    context: FlagContext,
  ): Promise<FlagDetails<boolean>>;
  /** Evaluates a flag that is text. */
  resolveStringEvaluation(flag: string, fallback: string, context: FlagContext): Promise<FlagDetails<string>>;
  /** Evaluates a flag that is a number. */
  resolveNumberEvaluation(flag: string, fallback: number, context: FlagContext): Promise<FlagDetails<number>>;
  /** Evaluates a flag that is an object or an array. */
  // biome-ignore lint/suspicious/noExplicitAny: OpenFeature leaves the type to the caller
  resolveObjectEvaluation<T = any>(flag: string, fallback: T, context: FlagContext): Promise<FlagDetails<T>>;
}

/**
 * A provider for `@openfeature/server-sdk` 1 whose flags are what a release is made of: `release` is its name, `bundle`
 * all of it, `prompt`, `model`, `config.topK` and so on its parts. The `targetingKey` is the key of
 * {@link Router.assign}, so evaluations are as sticky as requests, and all flags of a request come from one release.
 * Other evaluation context is not looked at. Structural: nothing of OpenFeature is imported.
 *
 * A dot parts the steps into a value; a property with a dot in its name is reached through the object around it.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createReleaseManager } from "@keelson/release";
 * import { createOpenFeatureProvider } from "@keelson/release/openfeature";
 *
 * const releases = createReleaseManager(createMemoryStorage());
 * await releases.register("v1", { prompt: "Answer and cite.", model: "small", config: { topK: 8 } });
 * await releases.promote("v1");
 * const router = await releases.router();
 *
 * const provider = createOpenFeatureProvider({ router });
 * // With the SDK: await OpenFeature.setProviderAndWait(provider), and then its client's getNumberDetails("config.topK", 4)
 * const { value, variant } = await provider.resolveNumberEvaluation("config.topK", 4, { targetingKey: "ana" });
 * console.log(value, variant); // 8 v1
 * router.close();
 * ```
 */
export function createOpenFeatureProvider(options: OpenFeatureProviderOptions): OpenFeatureProvider {
  const { router, name = "keelson" } = options;

  const resolve = async <T>(
    flag: string,
    fallback: T,
    { targetingKey }: FlagContext,
    isOfType: (value: Json) => boolean,
  ): Promise<FlagDetails<T>> => {
    let assignment: Assignment;
    try {
      assignment = router.assign(targetingKey);
    } catch (error) {
      const code = isKeelsonError(error, "RELEASE_NOT_LIVE") ? "PROVIDER_NOT_READY" : "GENERAL";
      return failed(fallback, code, error instanceof Error ? error.message : "the router failed");
    }
    const value = flagValue(flag, assignment);
    if (value === undefined) return failed(fallback, "FLAG_NOT_FOUND", "no release has a part of that name");
    if (!isOfType(value)) return failed(fallback, "TYPE_MISMATCH", "the part is of another type");
    const { release, bundleId, variant: side, stage } = assignment;
    return {
      value: value as T,
      variant: release,
      reason: stage === undefined ? "STATIC" : "SPLIT",
      flagMetadata: { release, bundleId, side, ...(stage !== undefined && { stage }) },
    };
  };

  return {
    metadata: Object.freeze({ name }),
    runsOn: "server",
    resolveBooleanEvaluation: (flag, fallback, context) =>
      resolve(flag, fallback, context, (value) => typeof value === "boolean"),
    resolveStringEvaluation: (flag, fallback, context) =>
      resolve(flag, fallback, context, (value) => typeof value === "string"),
    resolveNumberEvaluation: (flag, fallback, context) =>
      resolve(flag, fallback, context, (value) => typeof value === "number"),
    resolveObjectEvaluation: (flag, fallback, context) =>
      resolve(
        flag,
        fallback,
        context,
        (value): value is JsonObject => typeof value === "object" && value !== null,
      ),
  };
}

function failed<T>(fallback: T, errorCode: string, errorMessage: string): FlagDetails<T> {
  return { value: fallback, reason: "ERROR", errorCode, errorMessage };
}
