/** What a run of the story says, and whether all its facts hold. */
export interface Transcript {
  /** Every line said, in order. */
  readonly lines: readonly string[];
  /** The facts that did not hold. */
  readonly failures: readonly string[];
  /** Says a line. */
  say(line: string): void;
  /** Begins a chapter. */
  chapter(title: string): void;
  /** States a fact, and remembers when it does not hold. */
  fact(statement: string, holds: boolean): void;
}

/** @param print Where lines go while the story runs. */
export function createTranscript(print: (line: string) => void): Transcript {
  const lines: string[] = [];
  const failures: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    print(line);
  };
  return {
    lines,
    failures,
    say,
    chapter: (title) => {
      if (lines.length > 0) say("");
      say(title);
    },
    fact: (statement, holds) => {
      say(`  ${holds ? "ok  " : "FAIL"} ${statement}`);
      if (!holds) failures.push(statement);
    },
  };
}
