import { constants } from 'node:os';

/** npm passes on a Ctrl-C that the terminal has sent us already: what comes that soon is no second press. */
const repeatMs = 500;

/**
 * Calls `stop` at the first SIGINT, SIGTERM or SIGHUP, with the exit code that a shell expects after it, and
 * `kill` when one comes again.
 */
export function onStopSignals(actions: { stop(exitCode: number): void; kill(): void }): void {
  let firstAtMs: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (firstAtMs === null) {
        firstAtMs = nowMs;
        actions.stop(128 + constants.signals[signal]);
      } else if (nowMs - firstAtMs > repeatMs) {
        actions.kill();
      }
    });
  }
}
