import assert from "node:assert/strict";
import type { Redactor } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { awkwardTexts, prose } from "../fixtures/texts.ts";
import type { RedactorHarness } from "./redactor-cases.ts";
import { assertRedacted, plain, withHidden } from "./subject.ts";

/** What comes out. */
export const outputCases: readonly ConformanceCase<Redactor, RedactorHarness>[] = [
  {
    id: "redactor/redact/declares",
    title: "declares specVersion 1 and an id that does not change",
    async run(redactor, { harness }) {
      assert.equal(redactor.specVersion, 1);
      const { id } = redactor;
      assert.ok(typeof id === "string" && id !== "", "the id is empty");
      await redactor.redact(withHidden(harness)[0]?.text ?? "");
      assert.equal(redactor.id, id);
    },
  },
  {
    id: "redactor/redact/works",
    title: "takes out what the examples say must be hidden, and says where it stood",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) await assertRedacted(redactor, text, hidden);
    },
  },
  {
    id: "redactor/redact/works/clean",
    title: "gives a text with nothing to hide back as it is, without findings",
    when: (_, { harness }) => harness.examples.some(({ hidden }) => hidden.length === 0),
    async run(redactor, { harness }) {
      for (const { text } of harness.examples.filter(({ hidden }) => hidden.length === 0)) {
        const redaction = await redactor.redact(text);
        assert.equal(redaction.text, text);
        assert.deepStrictEqual([...redaction.findings], []);
      }
    },
  },
  {
    id: "redactor/redact/works/anywhere",
    title: "hides values at the start, in the middle and at the end of other text, in every script",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) {
        for (const other of prose) {
          for (const around of [`${text}\n${other}`, `${other}\n${text}\n${other}`, `${other}\n${text}`])
            await assertRedacted(redactor, around, hidden);
        }
      }
    },
  },
  {
    id: "redactor/redact/works/long-texts",
    title: "hides values in a text of a hundred thousand characters",
    async run(redactor, { harness }) {
      const filler = `${prose.join("\n")}\n`.repeat(100);
      for (const { text, hidden } of withHidden(harness).slice(0, 3))
        await assertRedacted(redactor, `${filler}${text}\n${filler}${text}`, hidden);
    },
  },
  {
    id: "redactor/redact/works/rest",
    title: "changes nothing outside of its findings",
    async run(redactor, { harness }) {
      for (const { text } of withHidden(harness)) {
        for (const input of [
          text,
          `${prose[8]}\n${text}\n${prose[2]}`,
          ...awkwardTexts.map((awkward) => `${awkward}\n${text}`),
        ]) {
          const output = await redactor.redact(input);
          let [from, at] = [0, 0];
          for (const { start, end, outputStart, outputEnd } of output.findings) {
            const kept = input.slice(from, start);
            const found =
              outputStart === undefined ? output.text.indexOf(kept, at) : outputStart - kept.length;
            assert.ok(
              found >= at && output.text.startsWith(kept, found),
              "text before a finding was changed",
            );
            at = outputEnd ?? found + kept.length;
            from = end;
          }
          assert.ok(
            output.text.slice(at).endsWith(input.slice(from)),
            "text behind the findings was changed",
          );
        }
      }
    },
  },
  {
    id: "redactor/redact/works/again",
    title: "changes nothing when its output is redacted again",
    async run(redactor, { harness }) {
      for (const text of [...harness.examples.map((example) => example.text), ...awkwardTexts]) {
        const once = await redactor.redact(text);
        assert.equal((await redactor.redact(once.text)).text, once.text, "redacting the output changed it");
      }
    },
  },
  {
    id: "redactor/redact/empty-input",
    title: "gives an empty text back, without findings",
    async run(redactor) {
      const redaction = await redactor.redact("");
      assert.equal(redaction.text, "");
      assert.deepStrictEqual([...redaction.findings], []);
    },
  },
  {
    id: "redactor/redact/duplicate",
    title: "hides every one of several equal values, and gives the same text the same answer each time",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) {
        await assertRedacted(redactor, `${text}\n${text}\n${text}`, hidden);
        const first = await redactor.redact(text);
        await redactor.redact(prose.join(" "));
        for (let again = 0; again < 2; again++) {
          const other = await redactor.redact(text);
          assert.equal(other.text, first.text, "the same text was redacted in another way");
          assert.deepStrictEqual(plain(other.findings), plain(first.findings));
        }
      }
    },
  },
  {
    id: "redactor/redact/concurrent",
    title: "answers many calls at once, each with its own text",
    async run(redactor, { harness }) {
      const texts = [...harness.examples.map(({ text }) => text), ...prose];
      const alone: string[] = [];
      for (const text of texts) alone.push((await redactor.redact(text)).text);
      const together = await Promise.all(
        [...texts, ...texts].map(async (text) => (await redactor.redact(text)).text),
      );
      assert.deepStrictEqual(together, [...alone, ...alone]);
    },
  },
];
