import { describe, expect, it } from "vitest";
import { orAbort } from "../src/index.ts";

describe("orAbort", () => {
  it("gives what the work comes to", async () => {
    const { signal } = new AbortController();
    expect(await orAbort(Promise.resolve(1), undefined)).toBe(1);
    expect(await orAbort(Promise.resolve(1), signal)).toBe(1);
    await expect(orAbort(Promise.reject(new Error("broken")), signal)).rejects.toThrow("broken");
  });

  it("rejects with the reason itself, at once, when the signal is aborted before or meanwhile", async () => {
    const reason = new Error("enough");
    const never = new Promise<never>(() => {});
    await expect(orAbort(never, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = orAbort(never, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it("leaves no listener behind", async () => {
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    signal.addEventListener = (_: string, listener: unknown) => void listeners.add(listener);
    signal.removeEventListener = (_: string, listener: unknown) => void listeners.delete(listener);
    const failed = orAbort(Promise.reject(new Error("broken")), signal);
    const done = orAbort(Promise.resolve(1), signal);
    expect(listeners.size).toBe(2);
    await Promise.allSettled([failed, done]);
    expect(listeners.size).toBe(0);
  });
});
