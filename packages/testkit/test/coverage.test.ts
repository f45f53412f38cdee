import { describe, expect, it } from "vitest";
import { allCases } from "./all-cases.ts";
import { situations, table } from "./coverage-table.ts";

const cells = Object.entries(table).flatMap(([suite, methods]) =>
  Object.entries(methods).flatMap(([method, exceptions]) =>
    situations.map((situation) => ({
      cell: `${suite}/${method}/${situation}`,
      reason: exceptions[situation],
    })),
  ),
);
const casesIn = (cell: string) => allCases.filter(({ id }) => id === cell || id.startsWith(`${cell}/`));

describe("the suites", () => {
  it("have a case in every cell of methods and situations, but where the table says why not", () => {
    const empty = cells.filter(({ cell, reason }) => reason === undefined && casesIn(cell).length === 0);
    expect(empty.map(({ cell }) => cell)).toEqual([]);
  });

  it("have no case where the table says that none applies", () => {
    const filled = cells.filter(({ cell, reason }) => reason !== undefined && casesIn(cell).length > 0);
    expect(filled.map(({ cell }) => cell)).toEqual([]);
  });

  it("name no method that its interface does not have", () => {
    const known = Object.entries(table).flatMap(([suite, methods]) =>
      Object.keys(methods).map((m) => `${suite}/${m}`),
    );
    const unknown = allCases.filter(({ id }) => !known.includes(id.split("/").slice(0, 2).join("/")));
    expect(unknown.map(({ id }) => id)).toEqual(["storage/parts/apart"]);
  });

  it("give every case an id of its own and a title that is a sentence without a full stop", () => {
    expect(new Set(allCases.map(({ id }) => id)).size).toBe(allCases.length);
    for (const { id, title } of allCases) {
      expect(id).toMatch(/^[a-z-]+\/[a-zA-Z-]+\/[a-z0-9-]+(\/[a-z0-9-]+)?$/);
      expect(title).toMatch(/^[a-z].{20,}[^.]$/);
    }
  });
});
