const repeatMs = 500;
const lookMs = 1_000;

/**
 * Calls `stop` at the first Ctrl-C or SIGTERM, and `kill` at the next press. Not close-with-grace: npm passes
 * on a signal that the terminal has sent us already, and it would take that for the second press.
 *
 * Where npm started us and was killed, nobody is left who could stop us: then `stop` is called, too.
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
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(look);
    if (firstAt === null) receive();
  }, lookMs).unref();
}
