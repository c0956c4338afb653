import { readdirSync, readFileSync } from 'node:fs';

/** A process that has ended tells nothing any more: the last look is at most so much older than its end. */
const lookMs = 200;

/**
 * Watches for how long threads of a process could have run and had no core. The function that it returns ends that
 * and tells the seconds; NaN where the kernel does not say.
 */
export function watchRunDelay(pid: number): () => number {
  let seconds = Number.NaN;
  const look = () => {
    try {
      const threads = readdirSync(`/proc/${pid}/task`);
      const delays = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
      seconds = delays.reduce((sum, text) => sum + runDelaySecondsIn(text), 0);
    } catch {
      // It has ended, or this is not Linux.
    }
  };
  const looking = setInterval(look, lookMs);
  return () => {
    clearInterval(looking);
    return seconds;
  };
}

/** From /proc/<pid>/schedstat: nanoseconds on a core, nanoseconds waiting for one, and how often. */
export const runDelaySecondsIn = (schedstat: string): number =>
  Number(schedstat.split(' ')[1]) / 1_000_000_000;
