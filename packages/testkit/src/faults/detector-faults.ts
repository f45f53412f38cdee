import type { Detector, DetectorMatch, DetectorWindow } from "@keelson/core";
import type { DetectorHarness } from "../detector/detector-cases.ts";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

type DetectorFault = Fault<Detector, DetectorHarness>;

const fault = (
  id: string,
  title: string,
  replace: (detector: Detector) => Partial<Detector>,
): DetectorFault =>
  createFault<Detector, DetectorHarness>(`detector/${id}`, title, {
    wrap: (detector) => patch(detector, replace(detector)),
  });

const matchFault = (
  id: string,
  title: string,
  change: (match: DetectorMatch | undefined, window: DetectorWindow) => DetectorMatch | undefined,
): DetectorFault =>
  fault(id, title, (detector) => ({ verify: (window) => change(detector.verify(window), window) }));

/** Detectors that are wrong. */
export const detectorFaults: readonly Fault<Detector, DetectorHarness>[] = [
  fault("lower-case-type", "names its type in small letters", ({ type }) => ({ type: type.toLowerCase() })),
  matchFault("finds-nothing", "finds nothing in a short text", (match, { atStart, atEnd, text }) =>
    atStart && atEnd && text.length < 20 ? undefined : match,
  ),
  matchFault(
    "does-not-look-behind",
    "takes every trigger for a value",
    (match, { start, text }) => match ?? { start, end: Math.min(start + 10, text.length) },
  ),
  matchFault("wants-the-end", "finds a value only where the text ends soon", (match, { atEnd }) =>
    atEnd ? match : undefined,
  ),
  matchFault(
    "leaves-its-window",
    "claims one character more than its window has where the text ends",
    (match, { text, atEnd }) => (match && atEnd ? { ...match, end: text.length + 1 } : match),
  ),
  matchFault(
    "end-off-by-one",
    "claims one character too few",
    (match) => match && { ...match, end: match.end - 1 },
  ),
  matchFault("throws-on-short-windows", "throws when its window ends early", (match, { text }) => {
    if (text.length < 6) throw new RangeError("the window is too short");
    return match;
  }),
  fault(
    "remembers-its-place",
    "goes on where its last match ended, as a pattern with a state does",
    (detector) => {
      let found = false;
      return {
        verify: (window) => {
          const match = found ? undefined : detector.verify(window);
          found = match !== undefined;
          return match;
        },
      };
    },
  ),
  matchFault(
    "quotes-values",
    "says as its reason what it found",
    (match, { text }) => match && { ...match, reason: `looks like ${text.slice(match.start, match.end)}` },
  ),
];
