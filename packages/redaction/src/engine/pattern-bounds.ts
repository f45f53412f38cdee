import { KeelsonError } from "@keelson/core";

/** What a pattern can cost at one position of a text. */
export interface PatternBounds {
  /** The longest text it can match, in code units. */
  readonly maxLength: number;
  /** At most how many ways there are to try it at one position before giving up. */
  readonly paths: number;
  /** Of each of these rows every match holds a stretch, a character of each set in turn. */
  readonly rows: readonly (readonly CharSet[])[];
  /** What its matches start with, if that is one of a few marks, and what may follow it. */
  readonly lead: PatternLead | undefined;
}

/** How the matches of a pattern start. */
export interface PatternLead {
  /** One to four ASCII marks, no letters or digits. */
  readonly marks: string;
  /** By ASCII code, whether the character can follow; the last entry is for all others. */
  readonly second: Uint8Array;
}

/** What {@link patternBounds} allows beside what is always fine. */
export interface PatternRules {
  /** What `*`, `+` and `{n,}` count as. Default: they are refused. */
  readonly unboundedAs?: number | undefined;
  /** May the pattern look around? Default: no. */
  readonly lookaround?: boolean | undefined;
  /** May it hold `^` and `$`? Default: no. */
  readonly anchors?: boolean | undefined;
}

/** A set of characters: one flag for each ASCII character, and one for all {@link OTHERS} together. */
export type CharSet = Uint8Array;
/** Where a set has its flag for all characters beyond ASCII. */
export const OTHERS = 128;

interface Part {
  readonly max: number;
  readonly nullable: boolean;
  readonly first: CharSet;
  /** Ways to try it, given what may follow it. */
  paths(follow: CharSet): number;
  /** If it is always of as many characters, and of few: what each is of. */
  readonly chars?: readonly CharSet[] | undefined;
  /** The row it starts with. */
  readonly row: readonly CharSet[];
  /** Other rows that it always holds. */
  readonly rows: readonly (readonly CharSet[])[];
  /** What it ends with, if that is plain to see. */
  readonly last?: CharSet | undefined;
  /** If it starts with a single character and goes on behind it: what it can go on with. */
  readonly second?: CharSet | undefined;
}

const NONE: CharSet = new Uint8Array(OTHERS + 1);
const EMPTY: Part = { max: 0, nullable: true, first: NONE, chars: [], row: [], rows: [], paths: () => 1 };
const MAX_ROW = 8;

const union = (a: CharSet, b: CharSet): CharSet => a.map((flag, at) => flag | (b[at] ?? 0));
const disjoint = (a: CharSet, b: CharSet): boolean => a.every((flag, at) => flag === 0 || b[at] === 0);

/** The rows of a part and the rest behind it. */
function rowsOf(part: Part, rest: Part): Pick<Part, "chars" | "row" | "rows"> {
  const { chars, nullable, last } = part;
  if (chars !== undefined)
    return { chars: rest.chars && [...chars, ...rest.chars], row: [...chars, ...rest.row], rows: rest.rows };
  if (nullable) {
    const row = rest.nullable ? [] : [union(part.first, rest.first)];
    return { row, rows: [rest.row, ...rest.rows] };
  }
  return { row: part.row, rows: [last ? [last, ...rest.row] : rest.row, ...part.rows, ...rest.rows] };
}

function leadOf({ first, second }: Part): PatternLead | undefined {
  const marks = [...first.keys()].filter((code) => first[code] === 1);
  if (second === undefined || marks.length > 4 || marks.includes(OTHERS)) return undefined;
  const chars = String.fromCharCode(...marks);
  return /^[!-/:-@[-`{-~]+$/.test(chars) ? { marks: chars, second } : undefined;
}

/**
 * Bounds the work of a regular expression by its shape, so that a pattern that could backtrack without end is refused
 * before it ever sees a text. A loop whose body can't start like what follows it has one way to match; any other
 * multiplies the ways by its iterations.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the pattern has a flag other than `i`, a back-reference, an
 * anchor, or something that `rules` do not allow.
 */
export function patternBounds(pattern: RegExp, rules: PatternRules = {}): PatternBounds {
  const { source } = pattern;
  const refuse = (what: string): never => {
    throw new KeelsonError("ARGUMENT_INVALID", `the pattern /${source}/ has ${what}`, {
      details: { argument: "pattern", reason: what },
    });
  };
  if (/[^i]/.test(pattern.flags.replace(/[gy]/g, ""))) refuse("a flag other than i");

  let at = 0;
  const charSet = (atom: string): CharSet => {
    const one = new RegExp(`^(?:${atom})$`, pattern.ignoreCase ? "i" : "");
    const set = Uint8Array.from({ length: OTHERS }, (_, code) =>
      one.test(String.fromCharCode(code)) ? 1 : 0,
    );
    const others = /[^\0-\x7f]|\\[WDSsux]|\[\^|^\.$/.test(atom) ? 1 : 0;
    return Uint8Array.from([...set, others]);
  };
  const character = (length: number): Part => {
    const first = charSet(source.slice(at, at + length));
    at += length;
    return { max: 1, nullable: false, first, chars: [first], row: [first], rows: [], paths: () => 1 };
  };

  const atom = (): Part => {
    const rest = source.slice(at);
    if (rest.startsWith("[")) {
      const inside = /^\[(?:\\[\s\S]|[^\]\\])*\]/.exec(rest);
      return character(inside?.[0].length ?? 1);
    }
    if (/^(?:\(\?<?[=!])/.test(rest)) {
      if (rules.lookaround !== true) refuse("look-around");
      at += rest.startsWith("(?<") ? 4 : 3;
      const inner = alternatives();
      at += 1;
      return { ...EMPTY, paths: () => inner.paths(NONE) };
    }
    if (rest.startsWith("(")) {
      at += /^\((?:\?:|\?<[^>]*>)?/.exec(rest)?.[0].length ?? 1;
      const inner = alternatives();
      at += 1;
      return inner;
    }
    if (/^\\[bB]/.test(rest)) {
      at += 2;
      return EMPTY;
    }
    if (/^\\[1-9k]/.test(rest)) refuse("a back-reference");
    if (/^[\^$]/.test(rest)) {
      if (rules.anchors !== true) refuse("an anchor");
      at += 1;
      return EMPTY;
    }
    if (rest.startsWith("\\")) return character(/^\\(?:x..|u....|c.|[\s\S])/.exec(rest)?.[0].length ?? 2);
    return character(1);
  };

  const quantified = (): Part => {
    const body = atom();
    const found = /^(?:([?*+])|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at));
    if (found === null) return body;
    at += found[0].length;
    const [, sign, low, comma, high] = found;
    const from = sign === undefined ? Number(low) : sign === "+" ? 1 : 0;
    let to = sign === "?" ? 1 : Number.POSITIVE_INFINITY;
    if (sign === undefined) to = comma === "" ? from : high === "" ? to : Number(high);
    if (to === Number.POSITIVE_INFINITY)
      to = rules.unboundedAs ?? refuse("a quantifier without an upper bound");
    if (body.nullable && to > 1) refuse("a repeated part that can be empty");
    const { chars } = body;
    const fixed = from === to && chars !== undefined && chars.length * to <= MAX_ROW;
    const repeated = fixed ? Array.from({ length: to }, () => chars).flat() : undefined;
    return {
      max: body.max * to,
      nullable: body.nullable || from === 0,
      first: body.first,
      chars: repeated,
      row: from === 0 ? [] : (repeated ?? body.row),
      rows: from === 0 ? [] : body.rows,
      last: chars?.length === 1 ? chars[0] : undefined,
      paths(follow) {
        const inner = body.paths(to > 1 ? union(body.first, follow) : follow);
        const counts = disjoint(body.first, follow) ? 1 : to - from + 1;
        return counts * (inner === 1 ? 1 : inner ** to);
      },
    };
  };

  const sequence = (): Part => {
    const parts: Part[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(quantified());
    return parts.reduceRight<Part>(
      (rest, part) => ({
        ...rowsOf(part, rest),
        second: part.max === 1 && !part.nullable && !rest.nullable ? rest.first : undefined,
        max: part.max + rest.max,
        nullable: part.nullable && rest.nullable,
        first: part.nullable ? union(part.first, rest.first) : part.first,
        paths: (follow) =>
          part.paths(rest.nullable ? union(rest.first, follow) : rest.first) * rest.paths(follow),
      }),
      EMPTY,
    );
  };

  const alternatives = (): Part => {
    const options = [sequence()];
    while (source[at] === "|") {
      at += 1;
      options.push(sequence());
    }
    if (options.length === 1) return options[0] ?? EMPTY;
    const apart = options.every((a, i) => options.every((b, j) => i >= j || disjoint(a.first, b.first)));
    return {
      max: Math.max(...options.map((option) => option.max)),
      nullable: options.some((option) => option.nullable),
      first: options.reduce((set, option) => union(set, option.first), NONE),
      row: options.some((option) => option.nullable)
        ? []
        : [options.reduce((set, option) => union(set, option.first), NONE)],
      rows: [],
      paths(follow) {
        const each = options.map((option) => option.paths(follow));
        return apart ? Math.max(...each) : each.reduce((sum, paths) => sum + paths, 0);
      },
    };
  };

  const whole = alternatives();
  return {
    maxLength: whole.max,
    paths: whole.paths(NONE),
    rows: [whole.row, ...whole.rows],
    lead: leadOf(whole),
  };
}
