import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Redactor, SecretBackend, VectorStore } from "@keelson/core";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redactorCases, runConformance, secretBackendCases, vectorStoreCases } from "../src/index.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = fileURLToPath(new URL(".examples/guides/", import.meta.url));
const guides = ["write-a-vector-store", "write-a-redactor", "write-a-secret-backend"] as const;

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const guide of guides) writeFileSync(`${folder}${guide}.ts`, plugInOf(guide));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the guides' plug-ins", () => {
  it.each(guides)("%s: is under 20 lines, and as many as the guide says", (guide) => {
    const lines = linesOfCode(plugInOf(guide));
    expect(lines).toBeLessThan(20);
    expect(text(guide)).toContain(`in ${lines} lines of code`);
  });

  it("are type-checked under the repository's own flags", { timeout: 60_000 }, () => {
    const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const paths = guides.map((guide) => `${folder}${guide}.ts`);
    const program = ts.createProgram(paths, { ...options, declaration: false, isolatedDeclarations: false });
    const errors = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    expect(errors).toEqual([]);
  });

  it("write-a-vector-store: passes the suite", { timeout: 30_000 }, async () => {
    const { createTinyStore } = (await load("write-a-vector-store")) as { createTinyStore(): VectorStore };
    expect((await runConformance(vectorStoreCases, { create: () => createTinyStore() })).failed).toEqual([]);
  });

  it("write-a-redactor: passes the suite with the guide's own examples", { timeout: 30_000 }, async () => {
    const { createCaseNumbers } = (await load("write-a-redactor")) as { createCaseNumbers(): Redactor };
    const examples = [
      { text: "See CASE-123456 and CASE-654321.", hidden: ["CASE-123456", "CASE-654321"] },
      { text: "The case was closed in 1999.", hidden: [] },
    ];
    for (const example of examples) expect(text("write-a-redactor")).toContain(JSON.stringify(example.text));
    expect(
      (await runConformance(redactorCases, { create: () => createCaseNumbers(), examples })).failed,
    ).toEqual([]);
  });

  it("write-a-secret-backend: passes the suite", { timeout: 30_000 }, async () => {
    const { createTinyBackend } = (await load("write-a-secret-backend")) as {
      createTinyBackend(): SecretBackend;
    };
    expect((await runConformance(secretBackendCases, { create: () => createTinyBackend() })).failed).toEqual(
      [],
    );
  });
});

function text(guide: string): string {
  return readFileSync(`${root}docs/guides/${guide}.md`, "utf8");
}

/** The block that a guide marks as its plug-in. There must be one. */
function plugInOf(guide: string): string {
  const blocks = [...text(guide).matchAll(/^```ts plug-in\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  if (blocks.length !== 1) throw new Error(`${guide} marks ${blocks.length} plug-ins`);
  return blocks[0] as string;
}

function load(guide: string): Promise<unknown> {
  return import(/* @vite-ignore */ `${folder}${guide}.ts`);
}

/** Lines that hold more than an import, a comment or closing brackets. */
function linesOfCode(code: string): number {
  return code.split("\n").filter((line) => !/^\s*(import .*|\/\/.*|[\])};,]*)\s*$/.test(line)).length;
}
