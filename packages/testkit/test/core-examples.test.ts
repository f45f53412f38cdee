import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Detector, EvalRunner, Redactor, SecretBackend } from "@keelson/core";
import { afterAll, describe, expect, it } from "vitest";
import {
  chunkerCases,
  detectorCases,
  embedderCases,
  evalRunnerCases,
  redactorCases,
  runConformance,
  secretBackendCases,
} from "../src/index.ts";

// Inside the package, where its dependencies resolve.
const folder = fileURLToPath(new URL(".examples/core", import.meta.url));
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the smallest plug-ins in core's doc comments", () => {
  it("are embedders as they should be", async () => {
    expect(
      (await runConformance(embedderCases, { create: maker("embedder", "letterCounts") })).failed,
    ).toEqual([]);
  });

  it("are chunkers as they should be", async () => {
    expect((await runConformance(chunkerCases, { create: maker("chunker", "paragraphs") })).failed).toEqual(
      [],
    );
  });

  it("are redactors as they should be", async () => {
    const examples = [
      { text: "see CASE-123456", hidden: ["CASE-123456"] },
      { text: "see case 12", hidden: [] },
    ];
    const harness = { create: maker<Redactor>("redactor", "caseNumbers"), examples };
    expect((await runConformance(redactorCases, harness)).failed).toEqual([]);
  });

  it("are detectors as they should be", async () => {
    const examples = [
      { text: "see EMP-123456", value: "EMP-123456" },
      { text: "see EMP-1234567", value: undefined },
    ];
    const harness = { create: maker<Detector>("detector", "employeeId"), examples };
    expect((await runConformance(detectorCases, harness)).failed).toEqual([]);
  });

  it("are eval runners as they should be", async () => {
    const evalCase = { id: "1", input: "a", expected: "A" };
    const examples = [{ bundle: { prompt: "shout", model: "m" }, evalCase }];
    const harness = {
      create: maker<EvalRunner>("eval-runner", "exactMatch"),
      examples,
    };
    expect((await runConformance(evalRunnerCases, harness)).failed).toEqual([]);
  });

  it("are secret backends as they should be", async () => {
    const create = maker<SecretBackend>("secret-backend", "tinyBackend");
    expect((await runConformance(secretBackendCases, { create })).failed).toEqual([]);
  });
});

/** Loads an example anew for each case, since it keeps what it stores in its module. */
function maker<T>(file: string, name: string): () => Promise<T> {
  const source = readFileSync(new URL(`../../core/src/${file}.ts`, import.meta.url), "utf8");
  const [, block = ""] = /^ *\* ```ts\n(.*?)^ *\* ```$/ms.exec(source) ?? [];
  const code = block.replace(/^ *\* ?/gm, "");
  let copies = 0;
  return async () => {
    const path = `${folder}/${file}-${++copies}.ts`;
    writeFileSync(path, code);
    return ((await import(/* @vite-ignore */ path)) as Record<string, T>)[name] as T;
  };
}
