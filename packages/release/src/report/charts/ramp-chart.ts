import { count, percent } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";
import type { RampCourseStage } from "../ramp-course.ts";
import { type Chart, label, line, linear, place } from "./plot.ts";

const LEFT = 64;
const RIGHT = 700;
const TOP = 40;
const BOTTOM = 200;

/** What is drawn as a step: a stage, or the promotion behind the last. */
type Step = Pick<RampCourseStage, "share" | "exposed" | "requests"> & {
  readonly state: RampCourseStage["state"] | "live";
};

const STATES: Readonly<Record<Step["state"], string>> = {
  passed: "passed",
  current: "now",
  rolledBack: "rolled back",
  ahead: "not reached",
  live: "live",
};

/** The stages as steps: how far each lets the candidate in, and how many requests it served there. */
export function rampChart(course: readonly RampCourseStage[], promoted: boolean): Chart {
  const live: Step = { share: 1, state: "live", exposed: null, requests: null };
  const stages: readonly Step[] = promoted ? [...course, live] : course;
  const width = (RIGHT - LEFT) / stages.length;
  // Square roots: 1% can be seen beside 50%.
  const height = linear([0, 1], [0, BOTTOM - TOP]);
  const y = (share: number): number => BOTTOM - Math.max(2, height(Math.sqrt(share)));
  const steps = stages.flatMap(({ share, state, exposed, requests }, i): Markup[] => {
    const [x, top] = [LEFT + i * width, y(share)];
    const middle = x + width / 2;
    const served = exposed === null ? "" : `${count(exposed)} served`;
    const observed = requests === null ? "" : `of ${count(requests)}`;
    return [
      markup`<rect class="step ${state === "rolledBack" ? "undone" : state}" x="${place(x + 2)}" y="${place(top)}" width="${place(width - 4)}" height="${place(BOTTOM - top)}"/>`,
      ...(state === "rolledBack" ? [cross(middle, BOTTOM - 24)] : []),
      label(middle, top - 8, share === 0 ? "shadow" : percent(share), { anchor: "middle" }),
      label(middle, BOTTOM + 18, STATES[state], { anchor: "middle" }),
      label(middle, BOTTOM + 36, served, { anchor: "middle", kind: "tick" }),
      label(middle, BOTTOM + 52, observed, { anchor: "middle", kind: "tick" }),
    ];
  });
  const told = stages.map(
    ({ share, state, exposed }) =>
      `${share === 0 ? "shadow" : percent(share)} ${STATES[state]}${exposed === null ? "" : `, ${count(exposed)} requests served`}`,
  );
  return {
    id: "ramp",
    title: "The stages of the ramp",
    description: `The candidate's share of the traffic by stage: ${told.join("; ")}.`,
    width: 720,
    height: BOTTOM + 64,
    body: [
      label(LEFT, 14, "share of the traffic (by square roots)", { kind: "tick" }),
      line("axis", LEFT, BOTTOM, RIGHT, BOTTOM),
      ...steps,
    ],
  };
}

/** The mark of a rollback, which no colour is needed for. */
function cross(x: number, y: number): Markup {
  const [left, top] = [place(x - 7), place(y - 7)];
  return markup`<path class="cross" d="M${left} ${top}l14 14m0 -14l-14 14"/>`;
}
