type Listener = (keys: readonly string[]) => void;

/** Who wants to hear of commits. */
export interface Watchers {
  /** @returns A function that ends the watch. */
  add(prefix: string, listener: Listener): () => void;
  notify(changes: readonly { readonly key: string }[]): void;
}

export function createWatchers(): Watchers {
  const watches = new Set<{ readonly prefix: string; readonly listener: Listener }>();
  return {
    add: (prefix, listener) => {
      const watch = { prefix, listener };
      watches.add(watch);
      return () => void watches.delete(watch);
    },
    notify: (changes) => {
      if (watches.size === 0) return;
      const keys = changes.map(({ key }) => key);
      for (const watch of watches) {
        const matching = keys.filter((key) => key.startsWith(watch.prefix));
        if (matching.length === 0) continue;
        // In a turn of its own: what a listener throws is the host's to report, and never fails the commit.
        queueMicrotask(() => {
          if (watches.has(watch)) watch.listener(matching);
        });
      }
    },
  };
}
