const repeatMs = 500;

/**
 * Calls `stop` at the first Ctrl-C or SIGTERM, and `kill` at the next press. Not close-with-grace: npm and
 * tsx pass on a signal that the terminal has sent us already, and it would take that for the second press.
 */
export function onStopSignals(actions: { stop: () => void; kill: () => void }): void {
  let firstAt: number | null = null;
  const receive = () => {
    const now = performance.now();
    if (firstAt === null) {
      firstAt = now;
      actions.stop();
    } else if (now - firstAt > repeatMs) {
      actions.kill();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, receive);
}
