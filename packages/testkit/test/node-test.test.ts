import { describe, expect, it, vi } from "vitest";

type Body = (t: { skip(): void }) => Promise<void>;
const registered = new Map<string, Body>();
vi.mock("node:test", () => ({ test: (name: string, body: Body) => registered.set(name, body) }));

const { testConformance } = await import("../src/node-test.ts");

describe("testConformance of node:test", () => {
  it("registers one test a case, which passes, fails or skips as the case does", async () => {
    testConformance(
      [
        { id: "s/m/works", title: "works", run: () => {} },
        { id: "s/m/fails", title: "fails", run: () => Promise.reject(new Error("wrong")) },
        {
          id: "s/m/other",
          title: "does not apply",
          when: () => false,
          run: () => Promise.reject(new Error("ran")),
        },
      ],
      { create: () => ({}) },
    );
    expect([...registered.keys()]).toEqual([
      "s/m/works: works",
      "s/m/fails: fails",
      "s/m/other: does not apply",
    ]);
    const skip = vi.fn();
    const [works, fails, other] = [...registered.values()];
    await works?.({ skip });
    await expect(fails?.({ skip })).rejects.toThrow("wrong");
    expect(skip).not.toHaveBeenCalled();
    await other?.({ skip });
    expect(skip).toHaveBeenCalledOnce();
  });
});
