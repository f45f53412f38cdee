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

/** The surer first, then the longer, then by declared order, then by place. */
const byRank = (a: Candidate, b: Candidate): number =>
  b.score - a.score || b.end - b.start - (a.end - a.start) || a.order - b.order || a.start - b.start;

const byPlace = (a: Candidate, b: Candidate): number => a.start - b.start || b.end - a.end;

/** Finds again in a part of the text, with the given spans hidden. */
export type Rescan = (part: { start: number; end: number }, spans: readonly Candidate[]) => Candidate[];

// Each round adds a find to a group of overlapping ones; groups are small, but for texts made to be a nuisance.
const MAX_ROUNDS = 16;
const MAX_GROUP = 65_536;

const FEW = 8;
const overlaps = (a: Candidate, b: Candidate): boolean => a.start < b.end && b.start < a.end;
const holds = (a: Candidate, b: Candidate): boolean => a.start <= b.start && b.end <= a.end;

/** Resolves a small group whose losers lie inside winners, as most do. Others need a closer look. */
function resolveFew(group: Candidate[]): Candidate[] | undefined {
  const winners: Candidate[] = [];
  for (const candidate of group.sort(byRank)) {
    if (winners.some((winner) => holds(winner, candidate))) continue;
    if (winners.some((winner) => overlaps(winner, candidate))) return undefined;
    winners.push(candidate);
  }
  return winners.sort(byPlace);
}

/**
 * Resolves one group of candidates that hang together; `start` and `end` are the group's. What is found anew and reaches
 * beyond the group goes to `beyond`.
 */
function resolveGroup(
  group: Candidate[],
  start: number,
  end: number,
  rescan: Rescan,
  beyond: Candidate[],
): Candidate[] {
  if (group.length === 1) return group;
  if (group.length <= FEW) {
    const winners = resolveFew(group);
    if (winners !== undefined) return winners;
  }
  const taken = new Uint8Array(end - start);
  let winners: Candidate[] = [];
  for (let round = 0, candidates = group; candidates.length > 0 && round < MAX_ROUNDS; round += 1) {
    let cut = false;
    for (const candidate of candidates.sort(byRank)) {
      const own = taken.subarray(candidate.start - start, candidate.end - start);
      if (own.includes(1)) {
        cut ||= own.includes(0);
      } else {
        own.fill(1);
        winners.push(candidate);
      }
    }
    winners = winners.sort((a, b) => a.start - b.start);
    // What lost a part of itself may be something else without it.
    candidates = [];
    beyond.length = 0;
    if (cut)
      for (const found of rescan({ start, end }, winners))
        (found.end > end ? beyond : candidates).push(found);
  }
  return winners;
}

/** What {@link resolveOverlaps} could decide. */
export interface Resolution {
  /** The winners by ascending start. */
  readonly winners: Candidate[];
  /** The candidates that could still lose to one not found yet, by ascending start. */
  readonly open: Candidate[];
}

/**
 * Chooses among overlapping candidates: the surer wins, then the longer, then the one declared first. What loses is
 * never cut or merged: where a winner left something of it, that place is scanned again with the winner hidden. Only
 * what ends at or before `frontier` is decided: behind it further candidates may start. Candidates that hang together
 * over more than 65,536 code units are cut there, and what reaches over the cut is dropped.
 */
export function resolveOverlaps(
  candidates: Candidate[],
  rescan: Rescan,
  frontier: number = Number.POSITIVE_INFINITY,
): Resolution {
  candidates.sort(byPlace);
  const winners: Candidate[] = [];
  for (let next = 0; next < candidates.length; ) {
    const from = next;
    const group: Candidate[] = [];
    let [start, end] = [0, 0];
    for (; next < candidates.length; next += 1) {
      const candidate = candidates[next] as Candidate;
      if (group.length === 0) ({ start, end } = candidate);
      else if (candidate.start >= end) break;
      else if (candidate.end - start > MAX_GROUP) continue;
      group.push(candidate);
      end = Math.max(end, candidate.end);
    }
    if (end > frontier) return { winners, open: candidates.slice(from) };
    const beyond: Candidate[] = [];
    for (const winner of resolveGroup(group, start, end, rescan, beyond)) winners.push(winner);
    // What reaches beyond starts before all that is left: it takes the place of what is done with.
    const room = Math.min(next, beyond.length);
    next -= room;
    candidates.splice(next, room, ...beyond.sort(byPlace));
  }
  return { winners, open: [] };
}
