import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointEstimate, type Verdict } from "../../src/index.ts";
import { type ReleaseRun, report } from "../../src/report.ts";
import { bench, casesOf, scoreTable } from "../support.ts";
import { sampleRun } from "./sample-run.ts";

const FORMATS = ["html", "json", "junit"] as const;

/** A run whose every name, id and reason is the given text. */
async function runOf(text: string): Promise<ReleaseRun> {
  return withText(await sampleRun("worse"), text);
}

function withText(sample: ReleaseRun, text: string): ReleaseRun {
  const { canary, ramp, history, audit, releases } = sample;
  if (!canary || !ramp || !history || !audit || !releases) throw new Error("the sample lacks something");
  const { evidence } = canary;
  const guards = evidence.guards.map((guard) => ({ ...guard, id: text, summary: text, breached: true }));
  const [candidate, baseline] = [evidence.candidate, evidence.baseline].map((side) => ({
    ...side,
    release: text,
    bundleId: text,
  })) as [typeof evidence.candidate, typeof evidence.baseline];
  const index = { name: text, snapshot: text };
  return {
    canary: {
      ...canary,
      reason: text,
      pairs: canary.pairs.map((pair) => ({ ...pair, caseId: text })),
      evidence: {
        ...evidence,
        worst: evidence.worst.map((pair) => ({ ...pair, caseId: text })),
        candidate,
        baseline,
        guards,
        evals: text,
        gate: { ...evidence.gate, id: text },
      },
    },
    ramp: {
      ...ramp,
      reason: text,
      paused: { why: text, by: text },
      candidate: { ...ramp.candidate, release: text },
      guards,
      gate: { id: text },
    },
    history: history.map((event) => ({
      ...event,
      release: text,
      previous: text,
      by: text,
      why: text,
      hash: text,
    })),
    audit: { ...audit, valid: false, fault: { sequence: 1, reason: text } },
    releases: {
      candidate: { ...releases.candidate, bundle: { ...releases.candidate.bundle, index } },
      baseline: releases.baseline,
    },
  };
}

/** The tags of some markup, in order, without their text. */
function tagsOf(markup: string): string[] {
  return (
    markup.match(/<[a-zA-Z/!?][^>]*>/g)?.map((tag) => (/^<\/?[\w!?-]+/.exec(tag) as RegExpExecArray)[0]) ?? []
  );
}

describe("report", { timeout: 60_000 }, () => {
  it("shows the verdict, the figures behind it, the ramp, the guards and the audit log", async () => {
    const run = await sampleRun("worse");
    const page = report(run);
    const { reason = "", evidence } = run.canary ?? {};
    expect(reason).toMatch(/shown to be worse than live/);
    for (const shown of [
      "✕ Roll back",
      reason,
      `0 better, ${evidence?.flips.worse} worse, ${evidence?.flips.same} the same`,
      "returns/question-60",
      "✕ Rolled back",
      "✓ quiet",
      "breached",
      "✓ Sound: all",
      "first version",
      "≠ differs",
    ]) {
      expect(page).toContain(shown);
    }
  });

  it("is self-contained: no script, and nothing loaded from anywhere", async () => {
    const page = report(await sampleRun("better"));
    expect(page).not.toMatch(/<script|<link|<iframe|<img|\ssrc=|@import|url\((?!#)|\son\w+=/i);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it("gives the same text for the same run, in every format", async () => {
    for (const format of FORMATS) {
      expect(report(await sampleRun("better"), { format })).toBe(
        report(await sampleRun("better"), { format }),
      );
    }
  });

  it("shows no prompt, question or setting of a bundle", async () => {
    const run = await sampleRun("better");
    for (const format of FORMATS) {
      const text = report(run, { format });
      for (const secret of [`"cite"`, ">cite<", "topK", `"input"`]) expect(text).not.toContain(secret);
    }
  });

  it("keeps the page's structure whatever ids, names and reasons hold", async () => {
    const sample = await sampleRun("worse");
    const plain = withText(sample, "plain");
    const [html, junit] = (["html", "junit"] as const).map((format) =>
      tagsOf(report(plain, { format, title: "plain" })),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(
            `</title><script>alert(1)</script>`,
            `" onload="alert(1)`,
            `' onload='alert(1)`,
            "]]>",
            "<![CDATA[",
            "-->",
            "&lt;",
            "\u0000\u0007\u001b[31m",
            "\ud800",
            "\ufffe\uffff",
            "\u202egnp",
          ),
          fc.string({ unit: "binary", maxLength: 30 }),
        ),
        (text) => {
          const run = withText(sample, text);
          for (const format of ["html", "junit"] as const) {
            const written = report(run, { format, title: text });
            expect(tagsOf(written)).toEqual(format === "html" ? html : junit);
            // What neither HTML nor XML may hold, nor should turn the reading around.
            expect(written).not.toMatch(/[^\P{Cc}\n]|[\p{Cs}\p{NChar}\p{Bidi_Control}]/u);
          }
          expect(JSON.parse(report(run, { format: "json", title: text }))).toMatchObject({ title: text });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("leaves no room for an attribute or a tag in the text of an id", async () => {
    const page = report(await runOf(`"><b>&'`));
    expect(page).toContain("&quot;&gt;&lt;b&gt;&amp;&#39;");
    expect(page).not.toContain(`"><b>&`);
  });

  it("fails in JUnit on a rollback, on a hold, on every breached guard and on a log that is not sound", async () => {
    const junit = report(await runOf("x"), { format: "junit" });
    expect(junit.match(/<failure /g)).toHaveLength(7);
    expect(junit).toContain(`<failure type="rollback" message="x"/>`);
    expect(junit).toContain(`<failure type="audit" message="event 1: x"/>`);
    const good = report(await sampleRun("better"), { format: "junit" });
    expect(good).not.toContain("<failure");
    expect(good).toContain(`<testcase classname="cases of v2 against v1" name="returns/question-`);

    const { manager } = await bench({ promoted: 1, evals: scoreTable({}) });
    const hold = await manager.canary("v2", { cases: casesOf(2) });
    expect(report({ canary: hold }, { format: "junit" })).toContain(`<failure type="hold"`);
  });

  it("counts in JUnit what the suites hold", async () => {
    const junit = report(await sampleRun("worse"), { format: "junit" });
    const suites = [
      ...junit.matchAll(/<testsuite name="[^"]*" tests="(\d+)" failures="(\d+)"[\s\S]*?<\/testsuite>/g),
    ];
    expect(suites).toHaveLength(4);
    for (const [suite, tests, failures] of suites) {
      expect(suite.match(/<testcase /g)?.length).toBe(Number(tests));
      expect(suite.match(/<failure /g)?.length ?? 0).toBe(Number(failures));
    }
  });

  it("gives all figures as JSON with sorted keys", async () => {
    const run = await sampleRun("better");
    const parsed = JSON.parse(report(run, { format: "json" }));
    expect(Object.keys(parsed)).toEqual([...Object.keys(parsed)].sort());
    expect(parsed).toMatchObject({ format: 1, candidate: "v2", baseline: "v1", title: "v2 against v1" });
    expect(parsed.canary).toEqual(JSON.parse(JSON.stringify(run.canary)));
    expect(parsed.parts.find(({ part }: { part: string }) => part === "model").same).toBe(true);
  });

  it("draws a gate that knows no interval and no e-values, and a canary without any pair", async () => {
    const { manager } = await bench({ promoted: 1, evals: scoreTable({ v2: { q0: 0.5 } }) });
    const plain: Verdict = await manager.canary("v2", { cases: casesOf(3), gate: pointEstimate() });
    const page = report({ canary: plain });
    expect(page).toContain(`id="confidence-title"`);
    expect(page).not.toContain(`id="evidence-title"`);
    expect(page).not.toContain("NaN");
    const nothing = await (await bench({ promoted: 1, evals: scoreTable({}) })).manager.canary("v2", {
      cases: [],
    });
    expect(report({ canary: nothing })).toContain("No case was scored on both sides.");
  });

  it("stays small with many cases, and never draws a figure that is no number", async () => {
    const run = await sampleRun("better");
    const pairs = Array.from({ length: 20_000 }, (_, i) => ({
      caseId: `q${i}`,
      candidate: (i % 997) / 997,
      baseline: 0.5,
      delta: (i % 997) / 997 - 0.5,
    }));
    const page = report({ canary: run.canary && { ...run.canary, pairs } });
    expect(page.length).toBeLessThan(250_000);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("dates the stages of a ramp by the audit log, and does without it", async () => {
    const { ramp, history } = await sampleRun("better");
    const told = report({ ramp, history });
    expect(told).toContain("50 served");
    expect(told).toContain(">live<");
    const untold = report({ ramp });
    expect(untold).toContain("passed");
    expect(untold).not.toContain("NaN");
  });

  it("refuses a run of nothing, of two candidates, and a format it does not know", async () => {
    const { canary, ramp } = await sampleRun("worse");
    const other = ramp && { ...ramp, candidate: { ...ramp.candidate, release: "v3" } };
    for (const ask of [
      () => report({}),
      () => report({ canary, ramp: other }),
      () => report({ canary }, { format: "pdf" as "html" }),
    ]) {
      expect(ask).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
    }
  });
});
