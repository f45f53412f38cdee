import { errorCodes } from "@keelson/core";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { read } from "./repository.ts";

/** What the catalogue's doc comments say of each code. */
function meanings(): Map<string, string> {
  const path = "packages/core/src/error-codes.ts";
  const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found = new Map<string, string>();
  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== "ErrorDetails") continue;
    for (const member of statement.members) {
      const comment = ts.getJSDocCommentsAndTags(member)[0]?.comment;
      found.set(
        member.name?.getText(file) ?? "",
        ts.getTextOfJSDocComment(comment)?.replace(/\s+/g, " ") ?? "",
      );
    }
  }
  return found;
}

describe("the page of error codes", () => {
  it("lists every code of the catalogue with what its doc comment says, and no other", async () => {
    const rows = [...meanings()].map(([code, meaning]) => {
      expect(meaning, `${code} has a doc comment`).not.toBe("");
      const { retryable } = errorCodes[code as keyof typeof errorCodes];
      return `| \`${code}\` | ${retryable ? "yes" : "no"} | ${meaning.replaceAll("|", "\\|")} |`;
    });
    expect(rows).toHaveLength(Object.keys(errorCodes).length);
    const page = `# Error codes

Every error that Keelson itself raises is a \`KeelsonError\` with one of these codes. Codes are API: they are never
renamed within a major version. Messages are not. \`details\` has a type for each code, which the API reference shows
under \`ErrorDetails\`. Neither message nor details hold document text or a secret's value.

"Again" says whether the same call may succeed later without a change; it is \`error.retryable\`.

An aborted call rejects with \`signal.reason\` itself, which is no \`KeelsonError\`.

| code | again | what it means, and what to do |
|---|---|---|
${rows.join("\n")}
`;
    await expect(page).toMatchFileSnapshot("../docs/guides/error-codes.md");
  });
});
