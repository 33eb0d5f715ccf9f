// Reading again when something changed: at most one read at a time, and one more if something changed meanwhile.

/** `read` must not throw. The returned function's promise is settled once a read that began after the call has ended. */
export function refresher(read: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = (): Promise<void> => {
    running = read().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (!running) return start();
    next ??= running.then(() => {
      next = null;
      return start();
    });
    return next;
  };
}
