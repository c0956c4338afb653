/**
 * Runs `pass` every so many milliseconds, but never two at once; returns what stops it. A pass that failed
 * is told of and tried again: what it does must be due until it is done.
 *
 * Due times lie on a grid that a busy event loop does not shift: counted from the end of the last pass, a
 * gateway with 15,000 watchers ticked a fifth less often than one with 1,000.
 */
export function every(ms: number, pass: () => unknown, onError: (error: unknown) => void): () => void {
  let dueMs = performance.now();
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const waitForNext = () => {
    const lateMs = performance.now() - dueMs;
    dueMs += ms * Math.max(1, Math.ceil(lateMs / ms));
    timer = setTimeout(run, dueMs - performance.now());
  };
  const run = async () => {
    try {
      await pass();
    } catch (error) {
      onError(error);
    }
    if (!isStopped) waitForNext();
  };
  waitForNext();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
