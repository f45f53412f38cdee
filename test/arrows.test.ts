import { describe, expect, it } from "vitest";
import { arrowFaults, type Manifest } from "./arrows.ts";
import { filesBelow, packages, read } from "./repository.ts";

function manifestOf(name: string): Manifest {
  return JSON.parse(read(`packages/${name}/package.json`)) as Manifest;
}

describe("the arrows of the design", () => {
  it.each(packages)("hold in %s", (name) => {
    const sources = filesBelow(`packages/${name}/src`, ".ts");
    expect(sources.length).toBeGreaterThan(0);
    const faults = sources.flatMap((path) =>
      arrowFaults({ package: name, path, text: read(path) }, manifestOf(name)),
    );
    expect(faults).toEqual([]);
  });

  it.each(packages)("hold in the manifest of %s", (name) => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(name);
    const own = Object.keys({ ...dependencies, ...peerDependencies }).filter((d) =>
      d.startsWith("@keelson/"),
    );
    expect(own).toEqual(name === "core" ? [] : ["@keelson/core"]);
    if (name === "core") expect(dependencies).toEqual({});
  });

  it.each([
    ["core", 'import { x } from "@keelson/redaction";'],
    ["core", 'import { readFile } from "node:fs";'],
    ["core", 'import "left-pad";'],
    ["release", 'import type { Index } from "@keelson/index-store";'],
    ["release", 'export { createMemoryStorage } from "@keelson/adapters-memory";'],
    ["secrets", 'const fs = await import("node:fs");'],
    ["index-store", 'import { x } from "@keelson/storage-engine";'],
    ["adapters-fs", 'import { x } from "@keelson/adapters-memory";'],
    ["testkit", 'import { x } from "@keelson/adapters-memory/deep";'],
    ["redaction", 'import { y } from "undeclared/deep";'],
  ])("are seen to be broken by %s: %s", (name, text) => {
    const manifest = { dependencies: { "@keelson/core": "workspace:*" } };
    expect(arrowFaults({ package: name, path: "x.ts", text }, manifest)).toHaveLength(1);
  });

  it("let through what the design allows", () => {
    const manifest = { dependencies: { "@keelson/core": "workspace:*", "left-pad": "1.0.0" } };
    const text = `import { KeelsonError } from "@keelson/core";
      import { createHash } from "node:crypto";
      import pad from "left-pad";
      import { own } from "./own.ts";`;
    expect(arrowFaults({ package: "release", path: "x.ts", text }, manifest)).toEqual([]);
  });
});
