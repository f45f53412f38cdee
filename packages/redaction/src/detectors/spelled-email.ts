import type { Detector } from "@keelson/core";
import { emailAround } from "./email.ts";

const MARK = / ?[[({<] ?(at|dot|@|\.) ?[\])}>] ?| (at|dot) (?=\S)/gi;
const HOST_FOLLOWS = /[A-Za-z0-9][A-Za-z0-9-]{0,62}(?: ?[[({<] ?(?:dot|\.)|\.| dot )/iy;

/** A text with its at signs and dots in plain, and where each of its characters stands in the text as written. */
function spellOut(text: string): { plain: string; starts: number[] } {
  let plain = "";
  const starts: number[] = [];
  const copy = (from: number, to: number): void => {
    for (let at = from; at < to; at += 1) starts.push(at);
    plain += text.slice(from, to);
  };
  let copied = 0;
  for (const mark of text.matchAll(MARK)) {
    copy(copied, mark.index);
    starts.push(mark.index);
    plain += /at|@/i.test(mark[0]) ? "@" : ".";
    copied = mark.index + mark[0].length;
  }
  copy(copied, text.length);
  starts.push(text.length);
  return { plain, starts };
}

/** The address that a text in words stands for: `ada at example dot com` is `ada@example.com`. */
export const plainAddress = (text: string): string => spellOut(text).plain;

/** Finds e-mail addresses that are written in words: `ada [at] example.com`, `ada at example dot com`. */
export const spelledEmail: Detector = {
  type: "EMAIL",
  name: "spelled_email",
  triggers: [/[[({<] ?(?:at|dot|@|\.) ?[\])}>]/i, " dot "],
  left: 96,
  right: 128,
  version: "1",
  verify({ text, start, end }) {
    const trigger = text.slice(start, end);
    if (/at|@/i.test(trigger)) {
      HOST_FOLLOWS.lastIndex = text[end] === " " ? end + 1 : end;
      if (!HOST_FOLLOWS.test(text)) return undefined;
    } else if (!/@|[[({< ]at[\])}> ]/i.test(text)) return undefined;
    const { plain, starts } = spellOut(text);
    for (let at = plain.indexOf("@"); at >= 0; at = plain.indexOf("@", at + 1)) {
      const found = emailAround(plain, at, at + 1);
      if (found === undefined) continue;
      const from = starts[found.start] ?? 0;
      const to = (starts[found.end - 1] ?? 0) + 1;
      if (from <= start && to >= end) return { start: from, end: to, score: 0.85, reason: "spelled" };
    }
    return undefined;
  },
};
