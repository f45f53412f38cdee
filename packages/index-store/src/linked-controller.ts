/** A controller that aborts when the signal does. `AbortSignal.any` is not in every Node 20. */
export function linkedController(signal: AbortSignal | undefined): {
  readonly controller: AbortController;
  unlink(): void;
} {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) follow();
  signal?.addEventListener("abort", follow, { once: true });
  return { controller, unlink: () => signal?.removeEventListener("abort", follow) };
}
