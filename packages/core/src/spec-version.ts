import { KeelsonError } from "./keelson-error.ts";

/** The plug-in interfaces that carry a `specVersion`. */
export type VersionedPlugin =
  | "VectorStore"
  | "Embedder"
  | "Redactor"
  | "Chunker"
  | "EvalRunner"
  | "SecretBackend";

const SUPPORTED: readonly number[] = [1];

/**
 * Refuses a plug-in written for a version of its interface that this SDK does not know, before it is used.
 *
 * @throws {@link KeelsonError} SPEC_VERSION_UNSUPPORTED when there is no plug-in, or its `specVersion` is not one of the
 * supported ones.
 */
export function assertSpecVersion(
  plugin: { readonly specVersion: unknown } | null | undefined,
  kind: VersionedPlugin,
): void {
  const specVersion = plugin?.specVersion;
  if (typeof specVersion === "number" && SUPPORTED.includes(specVersion)) return;
  throw new KeelsonError(
    "SPEC_VERSION_UNSUPPORTED",
    `this ${kind} has specVersion ${String(specVersion)}; supported: ${SUPPORTED.join(", ")}`,
    { details: { plugin: kind, specVersion: String(specVersion), supported: SUPPORTED } },
  );
}
