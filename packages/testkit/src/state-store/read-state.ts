import assert from "node:assert/strict";
import type { Json, StateStore } from "@keelson/core";
import { assertSameJson } from "../fixtures/json-values.ts";

/** The value of one key, `undefined` where there is none. */
export async function readValue(state: StateStore, key: string): Promise<Json | undefined> {
  return (await state.get([key]))[0]?.value;
}

/** Puts values unconditionally, in one commit. */
export async function put(state: StateStore, values: Readonly<Record<string, Json>>): Promise<number> {
  return (await state.commit(Object.entries(values).map(([key, value]) => ({ key, value })))).revision;
}

/** Everything in the store, as one object, read page by page. */
export async function contents(state: StateStore): Promise<Record<string, Json>> {
  const all: [string, Json][] = [];
  let after: string | undefined;
  while (true) {
    const page = await state.scan({ after, limit: 500 });
    for (const { key, value } of page) all.push([key, value]);
    after = page.at(-1)?.key;
    if (page.length < 500) return Object.fromEntries(all);
  }
}

/** Fails unless the store holds exactly these values. */
export async function assertContents(
  state: StateStore,
  expected: Readonly<Record<string, Json>>,
): Promise<void> {
  assertSameJson(await contents(state), expected);
}

/** Fails unless these keys come back, in this order. */
export function assertKeys(entries: readonly { readonly key: string }[], expected: readonly string[]): void {
  assert.deepStrictEqual(
    entries.map(({ key }) => key),
    expected,
  );
}
