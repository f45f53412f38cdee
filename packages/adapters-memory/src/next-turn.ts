// Taken at load, so that a test runner's fake timers do not stop a manual clock.
const { setImmediate: immediate, setTimeout: timeout } = globalThis;

/**
 * Resolves in a later turn of the event loop, after every promise that can settle by itself has. It yields; it does
 * not tell the time.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    // Browsers have no setImmediate.
    if (typeof immediate === "function") immediate(resolve);
    else timeout(resolve, 0);
  });
}
