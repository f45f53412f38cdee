import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { searchDirectory } from "../src/raw-values.ts";
import { runBoth, runInMemory, runKept } from "../src/run.ts";
import { runSource } from "../src/run-source.ts";
import { createTranscript } from "../src/transcript.ts";

let directory: string;
let lines: string[];
const print = (line: string): void => void lines.push(line);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-demo-test-"));
  lines = [];
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe("the story", () => {
  it("holds in memory and on the filesystem, to the letter", async () => {
    expect(await runBoth(print), lines.join("\n")).toBe(true);
    expect(lines).toContain("  policy: Contact admin at [email], SSN on file [ssn].");
    expect(lines).toContain("  stale: pricing");
    expect(lines).toContain("  swept: promo");
    // Both gates judge: E before the release, G on traffic.
    expect(lines).toContain("  v2-good: mean 1.0 against the baseline's 1.0 on 5 cases -> promote");
    expect(lines).toContain("  v2-good before the sequential gate: hold");
    expect(lines).toContain("  v3-bad, worse: rolledBack by point-estimate after 50 of its answers");
    expect(lines).toContain("  v3-bad, worse: rolledBack by sequential after 11 of its answers");
    expect(lines.join("\n")).not.toContain("FAIL");
  });

  it("is the same every time", async () => {
    await runInMemory(print);
    const first = lines;
    lines = [];
    await runInMemory(print);
    expect(lines).toEqual(first);
  });

  it("keeps a directory that a second run finds", async () => {
    const kept = join(directory, "kept");
    expect(await runKept(kept, print), lines.join("\n")).toBe(true);
    lines = [];
    expect(await runKept(kept, print), lines.join("\n")).toBe(true);
    expect(lines[0]).toBe("Found again: what an earlier run left");
  });
});

describe("runSource", () => {
  it("runs on the reader's own files, and leaves them as they are", async () => {
    await mkdir(join(directory, "deep"));
    await writeFile(join(directory, "a.md"), "# Contact\n\nWrite to jo@example.com.\n");
    await writeFile(join(directory, "deep", "b.txt"), "Opening hours\n\nFrom nine to five.\n");
    await writeFile(join(directory, "c.png"), "no text");
    expect(await runSource(directory, print), lines.join("\n")).toBe(true);
    expect(lines).toContain("  2 documents, 3 chunks; texts embedded: 3");
    expect(lines).toContain("  redacted: 1 EMAIL");
    expect((await searchDirectory(directory, ["jo@example.com"])).found).toHaveLength(1);
  });

  it("says so where there is nothing to read", async () => {
    expect(await runSource(directory, print)).toBe(false);
  });
});

describe("createTranscript", () => {
  it("remembers a fact that does not hold", () => {
    const transcript = createTranscript(print);
    transcript.fact("water is wet", true);
    transcript.fact("water is dry", false);
    expect(transcript.failures).toEqual(["water is dry"]);
    expect(lines).toEqual(["  ok   water is wet", "  FAIL water is dry"]);
  });
});

describe("searchDirectory", () => {
  it("finds a value in a file's bytes, in UTF-16, and in its name", async () => {
    await writeFile(
      join(directory, "log"),
      Buffer.concat([Buffer.from([0, 255]), Buffer.from("x SECRET y")]),
    );
    // One of the two stands at an odd place, however long the path before it is.
    await writeFile(join(directory, "wide"), Buffer.from("SECRET", "utf16le"));
    await writeFile(join(directory, "wider"), Buffer.from("SECRET", "utf16le"));
    await writeFile(join(directory, "SECRET"), "");
    await writeFile(join(directory, "other"), "SECRE T");
    expect((await searchDirectory(directory, ["SECRET"])).found).toHaveLength(4);
  });
});
