import type { Finding, Redaction, Redactor } from "@keelson/core";
import type { RedactorHarness } from "../redactor/redactor-cases.ts";
import { patch } from "../tools/patch.ts";
import { abortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

type RedactorFault = Fault<Redactor, RedactorHarness>;

const fault = (
  id: string,
  title: string,
  replace: (redactor: Redactor) => Partial<Redactor>,
): RedactorFault =>
  createFault<Redactor, RedactorHarness>(`redactor/${id}`, title, {
    wrap: (redactor) => patch(redactor, replace(redactor)),
  });

/** A fault of what comes out. */
const outputFault = (
  id: string,
  title: string,
  change: (redaction: Redaction, text: string) => Redaction,
): RedactorFault =>
  fault(id, title, (redactor) => ({
    redact: async (text, options) => change(await redactor.redact(text, options), text),
  }));

const findingFault = (
  id: string,
  title: string,
  change: (findings: Finding[], text: string) => Finding[],
): RedactorFault =>
  outputFault(id, title, (redaction, text) => ({
    ...redaction,
    findings: change([...redaction.findings], text),
  }));

/** Redactors that are wrong. */
export const redactorFaults: readonly Fault<Redactor, RedactorHarness>[] = [
  fault("has-no-id", "has an empty id", () => ({ id: "" })),
  outputFault("leaves-the-first", "leaves the first value in the text", (redaction, text) => {
    const [first] = redaction.findings;
    return first
      ? { ...redaction, text: `${redaction.text}\n${text.slice(first.start, first.end)}` }
      : redaction;
  }),
  fault("passes-long-texts", "passes through what is longer than ten thousand characters", (redactor) => ({
    redact: (text, options) =>
      text.length > 10_000 ? { text, findings: [] } : redactor.redact(text, options),
  })),
  fault("looks-at-the-start-only", "looks at the first line of a text only", (redactor) => ({
    redact: async (text, options) => {
      const line = text.split("\n", 1)[0] ?? "";
      const redaction = await redactor.redact(line, options);
      return { ...redaction, text: redaction.text + text.slice(line.length) };
    },
  })),
  fault("hides-one-of-equals", "takes a value that comes again for one that it has hidden", (redactor) => ({
    redact: async (text, options) => {
      const half = Math.floor(text.length / 2);
      if (half === 0 || !text.slice(half).includes(text.slice(0, 5))) return redactor.redact(text, options);
      const redaction = await redactor.redact(text.slice(0, half), options);
      return { ...redaction, text: redaction.text + text.slice(half) };
    },
  })),
  outputFault("adds-a-note", "adds a note to a text in which it found nothing", (redaction) =>
    redaction.findings.length === 0 && redaction.text !== ""
      ? { ...redaction, text: `${redaction.text} (checked)` }
      : redaction,
  ),
  outputFault("squeezes-blanks", "squeezes line breaks outside of its findings", (redaction) => ({
    ...redaction,
    text: redaction.text.replace(/\n/g, " "),
  })),
  outputFault("says-something-of-nothing", "gives a blank for an empty text", (redaction, text) =>
    text === "" ? { ...redaction, text: " " } : redaction,
  ),
  fault(
    "remembers-its-place",
    "goes on where the last text ended, as a pattern with a state does",
    (redactor) => {
      let calls = 0;
      return {
        redact: (text, options) => {
          calls++;
          return calls % 3 === 0 && text.length > 0
            ? { text: `${text.slice(0, 1)}…`, findings: [] }
            : redactor.redact(text, options);
        },
      };
    },
  ),
  fault("mixes-calls", "answers calls at once with the redaction of the newest", (redactor) => {
    let newest = "";
    return {
      redact: async (text, options) => {
        newest = text;
        await undefined;
        return redactor.redact(newest, options);
      },
    };
  }),
  findingFault("lower-case-types", "names types in small letters", (findings) =>
    findings.map((finding) => ({ ...finding, type: finding.type.toLowerCase() })),
  ),
  findingFault(
    "no-order",
    "reports findings in the order of its detectors, not of their places",
    (findings) => findings.reverse(),
  ),
  findingFault("counts-characters", "counts places in characters, not in code units", (findings, text) =>
    findings.map((finding) => ({
      ...finding,
      start: [...text.slice(0, finding.start)].length,
      end: [...text.slice(0, finding.end)].length,
      outputStart: undefined,
      outputEnd: undefined,
    })),
  ),
  findingFault("quotes-values", "says in a finding what it found", (findings, text) =>
    findings.map((finding) => ({ ...finding, reason: text.slice(finding.start, finding.end) })),
  ),
  fault("keeps-values", "keeps the last text where printing the redactor shows it", (redactor) => {
    const kept: { last: string } = { last: "" };
    return {
      kept,
      redact: (text, options) => {
        kept.last = text;
        return redactor.redact(text, options);
      },
    } as Partial<Redactor>;
  }),
  fault("prints-values", "prints what it found to the console", (redactor) => ({
    redact: async (text, options) => {
      const redaction = await redactor.redact(text, options);
      for (const { start, end } of text.length < 100 ? redaction.findings : [])
        console.debug(`found ${text.slice(start, end)}`);
      return redaction;
    },
  })),
  ...abortFaults<Redactor, RedactorHarness>("redactor"),
];
