/** Something a detector found, before overlaps are resolved. Offsets count in the text that was scanned. */
export interface Candidate {
  readonly type: string;
  readonly detector: string;
  /** The detector's place in the declared order. */
  readonly order: number;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly reason: string | undefined;
}

/** A stretch of text, end exclusive. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The surer first, then the longer, then by declared order, then by place. */
export const byRank = (a: Candidate, b: Candidate): number =>
  b.score - a.score || b.end - b.start - (a.end - a.start) || a.order - b.order || a.start - b.start;

const overlaps = (a: Stretch, b: Stretch): boolean => a.start < b.end && b.start < a.end;
/** Does the first stretch hold the second? */
export const holds = (a: Stretch, b: Stretch): boolean => a.start <= b.start && b.end <= a.end;

/** By ascending start, the longer first. */
export const byPlace = (a: Stretch, b: Stretch): number => a.start - b.start || b.end - a.end;

/** Candidates that hang together by overlapping. */
export interface CandidateGroup extends Stretch {
  /** Those that won, by ascending start. */
  readonly winners: readonly Candidate[];
  /** Did one lose that is not inside a winner? What is left of it may be something else. */
  readonly leftovers: boolean;
}

const FEW = 8;

/** Chooses among overlapping candidates: the surer wins, then the longer, then the one declared first. */
function resolveGroup(group: Candidate[], start: number, end: number): CandidateGroup {
  if (group.length === 1) return { start, end, winners: group, leftovers: false };
  const winners: Candidate[] = [];
  let leftovers = false;
  const taken = group.length > FEW ? new Uint8Array(end - start) : undefined;
  for (const candidate of group.sort(byRank)) {
    const own = taken?.subarray(candidate.start - start, candidate.end - start);
    if (own === undefined ? winners.some((winner) => overlaps(winner, candidate)) : own.includes(1)) {
      leftovers ||= own === undefined ? !winners.some((winner) => holds(winner, candidate)) : own.includes(0);
    } else {
      own?.fill(1);
      winners.push(candidate);
    }
  }
  return { start, end, winners: winners.sort(byPlace), leftovers };
}

// Longer groups are for texts made to be a nuisance. What reaches over the cut is dropped.
const MAX_GROUP = 65_536;

/**
 * Puts sorted candidates into groups that hang together, up to the first that reaches beyond `frontier`; `undecided` is
 * where that one starts.
 */
export function groupCandidates(
  candidates: readonly Candidate[],
  frontier: number,
): { groups: CandidateGroup[]; undecided: number } {
  const groups: CandidateGroup[] = [];
  for (let next = 0; next < candidates.length; ) {
    const group: Candidate[] = [];
    let start = 0;
    let end = 0;
    for (; next < candidates.length; next += 1) {
      const candidate = candidates[next] as Candidate;
      if (group.length === 0) ({ start, end } = candidate);
      else if (candidate.start >= end) break;
      else if (candidate.end - start > MAX_GROUP) continue;
      group.push(candidate);
      if (candidate.end > end) end = candidate.end;
    }
    if (end > frontier) return { groups, undecided: start };
    groups.push(resolveGroup(group, start, end));
  }
  return { groups, undecided: frontier };
}

/** The winners among some candidates, apart from each other and from `others`. */
export function chooseAmong(candidates: Candidate[], others: readonly Stretch[]): Candidate[] {
  const chosen: Candidate[] = [];
  for (const candidate of candidates.sort(byRank)) {
    if (others.some((other) => overlaps(other, candidate))) continue;
    if (!chosen.some((other) => overlaps(other, candidate))) chosen.push(candidate);
  }
  return chosen;
}
