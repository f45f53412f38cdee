import ts from "typescript";

/** A source file with the package it belongs to. */
export interface Source {
  readonly package: string;
  readonly path: string;
  readonly text: string;
}

/** What a package declares. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const SCOPE = "@keelson/";
const CONCERNS = new Set(["redaction", "index-store", "release", "secrets", "embedders"]);

/** What each package may import, by the design: the arrows of the house. */
function mayImport(from: string, to: string): boolean {
  if (from === "core") return false;
  if (to === "core") return true;
  // The adapters' shared state machine is private and becomes part of their published files.
  return from.startsWith("adapters-") && to === "storage-engine";
}

/** Core runs anywhere; a concern needs no more of the platform than synchronous hashes. */
function mayUse(from: string, builtin: string): boolean {
  if (from === "core") return false;
  if (CONCERNS.has(from)) return builtin === "node:crypto";
  return true;
}

/** The imports of a file that go against the design, one sentence each. */
export function arrowFaults(source: Source, manifest: Manifest): string[] {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  const { importedFiles } = ts.preProcessFile(source.text, true, true);
  return importedFiles.flatMap(({ fileName }) => {
    const fault = faultOf(source.package, fileName, declared);
    return fault === undefined ? [] : [`${source.path}: ${fault}`];
  });
}

function faultOf(
  from: string,
  imported: string,
  declared: Readonly<Record<string, string>>,
): string | undefined {
  if (imported.startsWith(".")) return undefined;
  if (imported.startsWith("node:")) {
    return mayUse(from, imported) ? undefined : `${from} may not use ${imported}`;
  }
  const name = imported
    .split("/")
    .slice(0, imported.startsWith("@") ? 2 : 1)
    .join("/");
  if (name.startsWith(SCOPE)) {
    const to = name.slice(SCOPE.length);
    if (!mayImport(from, to)) return `${from} may not import ${to}`;
    if (to === "storage-engine") return undefined;
  }
  return name in declared ? undefined : `${name} is not among the dependencies of ${from}`;
}
