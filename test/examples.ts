import ts from "typescript";

/** One code block of the documentation. */
export interface Example {
  /** Where it stands: file and line. */
  readonly place: string;
  readonly code: string;
}

/** The `ts` and `js` blocks of a Markdown text. */
export function examplesInMarkdown(path: string, text: string): Example[] {
  const examples: Example[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    if (!/^```(ts|js)\b/.test(lines[i] ?? "")) continue;
    const end = lines.indexOf("```", i + 1);
    if (end === -1) throw new Error(`${path}:${i + 1}: the block does not end`);
    examples.push({ place: `${path}:${i + 1}`, code: lines.slice(i + 1, end).join("\n") });
    i = end;
  }
  return examples;
}

/** The `ts` blocks in the doc comments of a source text. */
export function examplesInComments(path: string, text: string): Example[] {
  // Blanking what is not a comment line keeps the line numbers.
  const comments = text.split("\n").map((line) => /^\s*\* ?(?!\/)(.*)$/.exec(line)?.[1] ?? "");
  return examplesInMarkdown(path, comments.join("\n"));
}

/**
 * The output that an example promises: the comment behind each `console.log` statement, and the comment lines right
 * below it. A `console.log` that promises nothing is an error.
 */
export function promisedOutput({ place, code }: Example): string[] {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const lines = code.split("\n");
  const promised: string[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!isConsoleLog(node)) return;
    const { line, character } = file.getLineAndCharacterOfPosition(statementOf(node).getEnd());
    const output: string[] = [];
    const behind = /^[\s;)}]*\/\/ ?(.*)$/.exec((lines[line] ?? "").slice(character));
    if (behind) output.push(behind[1] ?? "");
    for (let i = line + 1; i < lines.length; i++) {
      const below = /^\s*\/\/ ?(.*)$/.exec(lines[i] ?? "");
      if (!below) break;
      output.push(below[1] ?? "");
    }
    if (output.length === 0) throw new Error(`${place}: a console.log promises no output`);
    promised.push(...output);
  };
  visit(file);
  return promised.map((line) => line.trimEnd());
}

function isConsoleLog(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === "console.log";
}

function statementOf(node: ts.Node): ts.Node {
  return ts.isStatement(node) ? node : statementOf(node.parent);
}

/** Type errors in the files, under the repository's own compiler flags. */
export function typeErrors(paths: readonly string[], base: string): string[] {
  const config = ts.readConfigFile(base, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(
    config.config,
    ts.sys,
    base.slice(0, base.lastIndexOf("/")),
  );
  // An example need not annotate what it exports.
  const program = ts.createProgram(paths, {
    ...options,
    noEmit: true,
    declaration: false,
    isolatedDeclarations: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    return `${file?.fileName.split("/").at(-1)}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}
