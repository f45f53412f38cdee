import {
  byPlace,
  byRank,
  type Candidate,
  type CandidateGroup,
  chooseAmong,
  groupCandidates,
  holds,
  type Stretch,
} from "./candidate.ts";
import { codeAt, isDigit, isWord } from "./char-codes.ts";

/** Scans a part of the text again with some spans of it hidden, and gives what starts in that part. */
export type Rescan = (part: Stretch, hidden: readonly Stretch[]) => Candidate[];

/** What {@link resolve} could decide. */
export interface Resolution {
  /** The winners before `cut`, by ascending start. */
  readonly winners: Candidate[];
  /** Up to where nothing can change any more. */
  readonly cut: number;
  /** The candidates from there on. */
  readonly open: Candidate[];
  /** The last region that begins by what is decided: those to come begin where it ends, or go on with it. Empty where it is decided too. */
  readonly region: Stretch | undefined;
}

// How far around a find others could have been missed for it, how long a part that is scanned again may grow, and how
// often. Beyond that are texts made to be a nuisance.
const NEAR = 256;
const MAX_REGION = 16_384;
const MAX_ROUNDS = 16;

/** Does a find touch other text, or is it joined to it by one mark? Detectors shy away from what is part of more. */
function isJoined(text: string, { start, end }: Stretch): boolean {
  return isJoint(text, start - 1, -1) || isJoint(text, end, 1);
}

function isJoint(text: string, at: number, step: 1 | -1): boolean {
  const code = codeAt(text, at);
  if (isWord(code)) return true;
  const next = codeAt(text, at + step);
  // - . / @ + join to words, : and ( to digits.
  return code === 58 || code === 40 ? isDigit(next) : JOINTS.has(code) && isWord(next);
}

const JOINTS = new Set([..."-./@+"].map((char) => char.charCodeAt(0)));

/**
 * Where to look again: around groups of which something is left over, and finds that are joined to other text. Each
 * region follows from those before it, `before` being the last one of the groups that are decided.
 */
function regionsOf(groups: readonly CandidateGroup[], text: string, before: Stretch | undefined): Stretch[] {
  const regions: { start: number; end: number }[] = before === undefined ? [] : [{ ...before }];
  for (const group of groups) {
    if (!group.leftovers && !group.winners.some((winner) => isJoined(text, winner))) continue;
    const last = regions.at(-1);
    const start = Math.max(0, group.start - NEAR);
    const end = group.end + NEAR;
    if (last !== undefined && start < last.end && end - last.start <= MAX_REGION) last.end = end;
    else regions.push({ start: last === undefined ? start : Math.max(start, last.end), end });
  }
  return regions;
}

/** Looks for what was missed for the winners in a region: with them hidden, as a second redaction would see it. */
function lookAgain(region: Stretch, winners: readonly Candidate[], rescan: Rescan): Candidate[] {
  const missed: Candidate[] = [];
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const hidden = [...winners, ...missed].sort(byPlace);
    const inside = rescan(region, hidden).filter(({ end }) => end <= region.end);
    const chosen = chooseAmong(inside, hidden);
    if (chosen.length === 0) break;
    missed.push(...chosen);
  }
  return missed;
}

/** What was missed in all regions up to `cut`. Regions and winners ascend, and regions are apart. */
function lookAgainIn(
  regions: readonly Stretch[],
  winners: readonly Candidate[],
  cut: number,
  rescan: Rescan,
): Candidate[] {
  const missed: Candidate[] = [];
  let first = 0;
  for (const region of regions) {
    if (region.end > cut) break;
    if (region.end === region.start) continue;
    while (first < winners.length && (winners[first] as Candidate).end <= region.start) first += 1;
    let last = first;
    while (last < winners.length && (winners[last] as Candidate).start < region.end) last += 1;
    for (const found of lookAgain(region, winners.slice(first, last), rescan)) missed.push(found);
  }
  return missed;
}

/**
 * The winners where that is plain to see, as it is in most texts: of those that overlap one is the surest and holds the
 * others, and it is not joined to other text. Else nothing.
 */
function plainWinners(candidates: readonly Candidate[], text: string): Candidate[] | undefined {
  const winners: Candidate[] = [];
  let last = candidates[0];
  if (last === undefined) return winners;
  for (let next = 1; next <= candidates.length; next += 1) {
    const candidate = candidates[next];
    if (candidate === undefined || candidate.start >= last.end) {
      if (isJoined(text, last)) return undefined;
      winners.push(last);
      if (candidate !== undefined) last = candidate;
    } else if (byRank(last, candidate) < 0) {
      if (!holds(last, candidate)) return undefined;
    } else {
      if (!holds(candidate, last)) return undefined;
      last = candidate;
    }
  }
  return winners;
}

/** Resolves the candidates of a whole text. */
export function resolveAll(candidates: Candidate[], text: string, rescan: Rescan): Candidate[] {
  if (candidates.length > 1) candidates.sort(byPlace);
  return plainWinners(candidates, text) ?? resolve(candidates, text, rescan).winners;
}

/**
 * Resolves overlapping candidates, then looks again where a winner may have hidden something else. Nothing is cut or
 * merged. Only what is before `frontier` by far enough is decided: there further candidates may start. `before` is the
 * `region` of what was decided before.
 */
export function resolve(
  candidates: Candidate[],
  text: string,
  rescan: Rescan,
  frontier: number = Number.POSITIVE_INFINITY,
  before: Stretch | undefined = undefined,
): Resolution {
  candidates.sort(byPlace);
  const { groups, undecided } = groupCandidates(candidates, frontier);
  const regions = regionsOf(groups, text, before);
  const whole = frontier === Number.POSITIVE_INFINITY;
  // No region of what is undecided begins before the cut.
  const cut = whole ? frontier : cutBefore(Math.min(frontier, undecided) - NEAR, groups, regions);

  let winners: Candidate[] = [];
  for (const group of groups) if (group.end <= cut) for (const winner of group.winners) winners.push(winner);
  if (regions.length > 0) {
    const missed = lookAgainIn(regions, winners, cut, rescan);
    if (missed.length > 0) winners = winners.concat(missed).sort(byPlace);
  }
  if (whole) return { winners, cut, open: [], region: undefined };
  const decided = groups.filter(({ end }) => end <= cut);
  const open = candidates.filter(({ start }) => start >= cut);
  const last = regionsOf(decided, text, before).at(-1);
  const region = last && { start: last.end <= cut ? last.end : last.start, end: last.end };
  return { winners, cut, open, region };
}

/** The last place up to `limit` that is inside no group and no region. */
function cutBefore(limit: number, groups: readonly CandidateGroup[], regions: readonly Stretch[]): number {
  let cut = limit;
  const stretches = [...groups, ...regions].sort((a, b) => b.end - a.end);
  for (let moved = true; moved; ) {
    const across = stretches.find(({ start, end }) => start < cut && cut < end);
    moved = across !== undefined;
    if (across !== undefined) cut = across.start;
  }
  return Math.max(0, cut);
}
