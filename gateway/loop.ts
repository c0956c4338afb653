/**
 * Runs `pass` every so many milliseconds, but never two at once; returns what stops it. A pass that failed
 * is told of and tried again: what it does must be due until it is done.
 */
export function every(ms: number, pass: () => unknown, onError: (error: unknown) => void): () => void {
  let isRunning = false;
  const timer = setInterval(async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await pass();
    } catch (error) {
      onError(error);
    } finally {
      isRunning = false;
    }
  }, ms);
  return () => clearInterval(timer);
}
