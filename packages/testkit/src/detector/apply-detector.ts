import type { Detector, DetectorMatch, DetectorTrigger, DetectorWindow } from "@keelson/core";

/** One call of a detector, and its answer in the text's own places. */
export interface Verdict {
  readonly window: DetectorWindow;
  readonly match: DetectorMatch | undefined;
  /** Where the match stands in the text. */
  readonly start: number;
  readonly end: number;
}

/** Shows a detector every window that its triggers open in a text, the plain and slow way. */
export function applyDetector(detector: Detector, text: string): Verdict[] {
  return windowsOf(detector, text).map(({ window, from }) => {
    const match = detector.verify(window);
    return { window, match, start: from + (match?.start ?? 0), end: from + (match?.end ?? 0) };
  });
}

/** Every window that a detector's triggers open in a text. The windows are frozen. */
export function windowsOf(
  { triggers, left, right }: Detector,
  text: string,
): { readonly window: DetectorWindow; readonly from: number }[] {
  return triggers.flatMap((trigger) =>
    placesOf(trigger, text).map(({ start, end }) => {
      const from = Math.max(0, start - left);
      const to = Math.min(text.length, Math.max(end, start + right));
      const window = {
        text: text.slice(from, to),
        start: start - from,
        end: end - from,
        atStart: from === 0,
        atEnd: to === text.length,
      };
      return { window: Object.freeze(window), from };
    }),
  );
}

type Place = { readonly start: number; readonly end: number };

// Between two digits of one number.
const GAP = /[ \t\r\n./()-]{1,3}(?=[0-9])/y;

function placesOf(trigger: DetectorTrigger, text: string): Place[] {
  if (typeof trigger === "string") return stringsIn(text, trigger);
  if (trigger instanceof RegExp) return matchesIn(text, new RegExp(trigger.source, `${trigger.flags}g`));
  if ("token" in trigger)
    return matchesIn(text, /[A-Za-z0-9_-]+/g).filter(({ start, end }) => end - start >= trigger.token);
  return matchesIn(text, /[0-9]+/g).filter(({ start }) => digitsFrom(text, start) >= trigger.digits);
}

function matchesIn(text: string, pattern: RegExp): Place[] {
  return [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));
}

function stringsIn(text: string, wanted: string): Place[] {
  const places: Place[] = [];
  const [folded, trigger] = [foldAscii(text), foldAscii(wanted)];
  for (let start = folded.indexOf(trigger); start !== -1; start = folded.indexOf(trigger, start + 1))
    places.push({ start, end: start + trigger.length });
  return places;
}

function digitsFrom(text: string, start: number): number {
  let count = 0;
  for (let at = start; at < text.length; ) {
    if (/[0-9]/.test(text[at] ?? "")) {
      count++;
      at++;
      continue;
    }
    GAP.lastIndex = at;
    const gap = GAP.exec(text);
    if (gap === null) break;
    at += gap[0].length;
  }
  return count;
}

// Only ASCII, so that no length changes.
function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
