import type { Log } from '../log.ts';

/** Ends the repetition; resolves when the pass under way is over. */
export type Stop = () => Promise<void>;

/**
 * Runs `pass` again and again with a pause in between, never two at once. A pass that throws is told of
 * once, tried again, and told of once more when it works: an outage of an hour is two lines of log.
 */
export function repeating(name: string, pauseMs: number, pass: () => Promise<unknown>, log: Log): Stop {
  let stopped = false;
  let failing = false;
  let wake = () => {};

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function run() {
    while (!stopped) {
      try {
        await pass();
        if (failing) log.info({ pass: name }, 'a pass works again');
        failing = false;
      } catch (error) {
        if (!failing) log.warn({ pass: name, reason: (error as Error).message }, 'a pass fails');
        failing = true;
      }
      if (!stopped) await pause();
    }
  }

  const running = run();
  return async () => {
    stopped = true;
    wake();
    await running;
  };
}
