import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { examplesInComments, examplesInMarkdown, promisedOutput, typeErrors } from "./examples.ts";
import { filesBelow, read, root } from "./repository.ts";

const examples = [
  ...[
    "README.md",
    "CONTRIBUTING.md",
    ...filesBelow("packages", "README.md"),
    ...filesBelow("docs", ".md"),
  ].flatMap((path) => examplesInMarkdown(path, read(path))),
  ...filesBelow("packages", ".ts")
    .filter((path) => path.includes("/src/"))
    .flatMap((path) => examplesInComments(path, read(path))),
].map((example) => ({ ...example, file: `${example.place.replace(/[^\w]+/g, "-")}.ts` }));

const folder = join(root, "test", ".examples");

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const { file, code } of examples) writeFileSync(join(folder, file), `${code}\nexport {};\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the examples of the documentation", () => {
  it("are there", () => {
    expect(examples.filter(({ place }) => place.startsWith("README.md"))).not.toEqual([]);
    expect(examples.filter(({ place }) => place.startsWith("packages/core/src"))).not.toEqual([]);
  });

  it("type-check under the strictest flags", { timeout: 120_000 }, () => {
    expect(
      typeErrors(
        examples.map(({ file }) => join(folder, file)),
        join(root, "tsconfig.base.json"),
      ),
    ).toEqual([]);
  });

  it.each(examples)("$place runs, and prints what it says", { timeout: 30_000 }, async (example) => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
      printed.push(...format(...values).split("\n"));
    });
    const before = process.cwd();
    const place = mkdtempSync(join(tmpdir(), "keelson-example-"));
    process.chdir(place);
    try {
      await import(/* @vite-ignore */ join(folder, example.file));
    } finally {
      process.chdir(before);
      rmSync(place, { recursive: true, force: true });
      log.mockRestore();
    }
    expect(printed.map((line) => line.trimEnd())).toEqual(promisedOutput(example));
  });
});

describe("promisedOutput", () => {
  it("reads the comment behind a console.log and the lines below it", () => {
    const code =
      'console.log("a"); // a\nfor (const x of [1, 2]) console.log(x);\n// 1\n// 2\n// 3\nconst y = 1; // no';
    expect(promisedOutput({ place: "x", code })).toEqual(["a", "1", "2", "3"]);
  });

  it("refuses a console.log that promises nothing", () => {
    expect(() => promisedOutput({ place: "x:1", code: "console.log(1);\nconst a = 1;" })).toThrow("x:1");
  });
});
