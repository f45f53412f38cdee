/** The longest time in milliseconds that the event loop had no turn, while something runs. */
export async function watchLoop(work) {
  let longest = 0;
  let running = true;
  let last = performance.now();
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  // The first turns are the compiler's.
  await new Promise((resolve) => setTimeout(resolve, 50));
  longest = 0;
  last = performance.now();
  const startedAt = performance.now();
  const result = await work();
  const endedAt = performance.now();
  // A block may go on to the end.
  longest = Math.max(longest, endedAt - last);
  running = false;
  return { result, ms: endedAt - startedAt, longest };
}
