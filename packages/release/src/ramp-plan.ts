import { argumentInvalid } from "@keelson/core";
import { checkAmount, checkShare, checkWhole } from "./check-argument.ts";
import { checkFreeze, type FreezeWindow } from "./freeze.ts";
import type { Gate } from "./gate.ts";
import type { Guard } from "./guard.ts";

/** One step of a ramp, and what must come about before the next. */
export interface RampStage {
  /** The candidate's share of the keys, above 0 and up to 1. */
  readonly share: number;
  /**
   * The candidate must be shown to be no worse than the baseline by this much, by {@link sequential}, before the stage
   * ends. Default: 0.05 in the last stage, 0.1 in the one before, 0.2 in earlier ones.
   */
  readonly margin?: number | undefined;
  /** What else decides, instead of the margin. */
  // biome-ignore lint/suspicious/noExplicitAny: a gate's state is its own affair
  readonly gate?: Gate<any> | undefined;
  /** Default: that of the plan. */
  readonly minRequests?: number | undefined;
  /** Default: that of the plan. */
  readonly minStageMs?: number | undefined;
  /** How many people must approve before the stage ends. Default: that of the plan. */
  readonly approvals?: number | undefined;
}

/** What a ramp may use up before it must have come to its end. */
export interface RampBudget {
  /** The most requests that the candidate may serve. */
  readonly maxExposed?: number | undefined;
  /** The most that the candidate's answers may cost, in US dollars, those to shadow copies among them. */
  readonly maxCostUsd?: number | undefined;
}

/** How a ramp goes. */
export interface RampPlan {
  /**
   * The stages, by their shares alone or with more, ascending. A key once served by the candidate stays with it as the
   * share grows. The end of the last stage promotes. A share of 1 at the end is no stage of its own, since nothing
   * would be left to compare with, unless a holdback is kept. Default 0.01, 0.1, 0.5, 1.
   */
  readonly stages?: readonly (number | RampStage)[] | undefined;
  /**
   * The share of the keys whose requests are copied to the candidate in a stage before the first, which exposes nobody:
   * see {@link Router.shadow}. 0..1. Default 0: no such stage.
   */
  readonly shadow?: number | undefined;
  /** The share of the keys that stay with the baseline until the end, so that a share of 1 is compared too. Default 0. */
  readonly holdback?: number | undefined;
  /**
   * What the stages' gates judge: `score`, or `success`, where an answer that did not fail is worth 1 and any other 0.
   * `success` is for systems whose live answers nobody scores. Default `score`.
   */
  readonly judge?: "score" | "success" | undefined;
  /**
   * What takes the candidate out, or stops it, besides the gates. Default: errors, missing scores and the sample ratio,
   * each with its defaults.
   */
  // biome-ignore lint/suspicious/noExplicitAny: a guard's state is its own affair
  readonly guards?: readonly Guard<any>[] | undefined;
  /** The probability, above 0 and below 1, that any guard ever raises a false alarm. Default 0.05. */
  readonly guardAlpha?: number | undefined;
  /** How many requests the candidate must have served, or been copied, in a stage before the next. Default 100. */
  readonly minRequests?: number | undefined;
  /** How long a stage lasts at least, in milliseconds. Default 0. */
  readonly minStageMs?: number | undefined;
  /** How many different people must approve the end of each stage: see {@link Ramp.approve}. Default 0. */
  readonly approvals?: number | undefined;
  /** Who may approve. Default: anybody. */
  readonly approvers?: readonly string[] | undefined;
  /** When no share grows. Default: never. */
  readonly freeze?: readonly FreezeWindow[] | undefined;
  /** What the ramp may use up. A ramp that has used it up before its end goes to zero. Default: no limit. */
  readonly budget?: RampBudget | undefined;
}

/** A stage with nothing left open, as it is stored. */
export interface StageSettings {
  /** 0 in the shadow stage. */
  readonly share: number;
  /** The share of the keys that are copied. */
  readonly shadow: number;
  /** What {@link sequential} is made with; `null` where the plan came with a gate. */
  readonly margin: number | null;
  /** The id of the gate that the plan came with. */
  readonly gate: string | null;
  readonly minRequests: number;
  readonly minStageMs: number;
  readonly approvals: number;
}

/** A plan with nothing left open, as it is stored. */
export interface RampSettings {
  readonly stages: readonly StageSettings[];
  readonly judge: "score" | "success";
  /** The id of the set of guards. */
  readonly guards: string;
  readonly guardAlpha: number;
  readonly approvers: readonly string[] | null;
  readonly freeze: readonly FreezeWindow[];
  readonly maxExposed: number | null;
  readonly maxCostUsd: number | null;
}

const STAGES = [0.01, 0.1, 0.5, 1];
/** What the last stage, the one before it, and all earlier ones must show. */
const MARGINS: readonly number[] = [0.05, 0.1, 0.2];

/** Checks a plan and fills in its defaults. */
export function rampSettings(plan: RampPlan, guards: string): RampSettings {
  const { judge = "score", guardAlpha = 0.05, approvers, freeze = [], budget = {} } = plan;
  if (judge !== "score" && judge !== "success") throw argumentInvalid("judge", `is ${String(judge)}`);
  if (approvers !== undefined && new Set(approvers).size < approvers.length) {
    throw argumentInvalid("approvers", "has somebody twice");
  }
  checkFreeze(freeze);
  if (budget.maxExposed !== undefined) checkWhole("maxExposed", budget.maxExposed, 1);
  if (budget.maxCostUsd !== undefined) checkAmount("maxCostUsd", budget.maxCostUsd);
  return {
    stages: stagesOf(plan),
    judge,
    guards,
    guardAlpha,
    approvers: approvers === undefined ? null : [...approvers],
    freeze: freeze.map((window) => JSON.parse(JSON.stringify(window)) as FreezeWindow),
    maxExposed: budget.maxExposed ?? null,
    maxCostUsd: budget.maxCostUsd ?? null,
  };
}

function stagesOf(plan: RampPlan): StageSettings[] {
  const { stages = STAGES, shadow = 0, holdback = 0 } = plan;
  checkShare("shadow", shadow);
  if (!(holdback >= 0 && holdback < 1)) {
    throw argumentInvalid("holdback", `is ${String(holdback)}, expected 0 up to 1`);
  }
  const given = stages.map((stage) => (typeof stage === "number" ? { share: stage } : stage));
  if (
    given.length === 0 ||
    !given.every(({ share }, i) => share > (given[i - 1]?.share ?? 0) && share <= 1)
  ) {
    throw argumentInvalid("stages", "are not shares above 0 and up to 1, ascending");
  }
  const whole = given.at(-1)?.share === 1;
  const live = whole ? given.slice(0, -1) : given;
  if (whole && holdback > 0) live.push({ ...given.at(-1), share: 1 - holdback });
  if (live.length === 0) throw argumentInvalid("stages", "begin at 1, with nothing to compare with");
  if ((live.at(-2)?.share ?? 0) >= (live.at(-1) as RampStage).share) {
    throw argumentInvalid("holdback", `of ${holdback} leaves less than a stage's share`);
  }

  const settings = live.map((stage, i) => stageSettings(plan, stage, live.length - 1 - i));
  if (shadow === 0) return settings;
  return [{ ...stageSettings(plan, { share: 0 }, live.length), shadow }, ...settings];
}

function stageSettings(plan: RampPlan, stage: RampStage, fromEnd: number): StageSettings {
  const { gate, margin } = stage;
  if (gate !== undefined && margin !== undefined)
    throw argumentInvalid("stages", "have both a gate and a margin");
  const minRequests = stage.minRequests ?? plan.minRequests ?? 100;
  const minStageMs = stage.minStageMs ?? plan.minStageMs ?? 0;
  const approvals = stage.approvals ?? plan.approvals ?? 0;
  checkWhole("minRequests", minRequests, 1);
  checkAmount("minStageMs", minStageMs);
  checkWhole("approvals", approvals, 0);
  if (plan.approvers !== undefined && approvals > plan.approvers.length) {
    throw argumentInvalid("approvals", `is ${approvals}, more than there are approvers`);
  }
  return {
    share: stage.share,
    shadow: 0,
    margin: gate === undefined ? (margin ?? MARGINS[Math.min(fromEnd, MARGINS.length - 1)] ?? null) : null,
    gate: gate?.id ?? null,
    minRequests,
    minStageMs,
    approvals,
  };
}
