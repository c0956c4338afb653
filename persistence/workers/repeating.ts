import type { Log } from '../log.ts';

/** What is done again and again; the pause is from the end of one to the beginning of the next. */
export type Pass = readonly [name: string, pauseMs: number, run: () => Promise<unknown>];

/** Ends the repetition; resolves when the pass under way is over. */
export type Stop = () => Promise<void>;

/** Repeats each of them, independently of the others. */
export function repeatingAll(passes: readonly Pass[], log: Log): Stop {
  const stops = passes.map((pass) => repeating(pass, log));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

/**
 * Runs a pass again and again with a pause in between, never two at once. A pass that throws is told of
 * once, tried again, and told of once more when it works: an outage of an hour is two lines of log.
 */
function repeating([name, pauseMs, pass]: Pass, log: Log): Stop {
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
