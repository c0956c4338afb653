import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf } from '../processes.ts';
import { between, type Drill, pick } from '../scene.ts';

/** The lease of a pin is 30 s: whoever sleeps this long has lost it. */
const sleepMs = [31_000, 36_000] as const;

export const sleeper: Drill = {
  name: 'sleeper',
  summary: 'a gateway or a worker sleeps past its lease (SIGSTOP), and wakes up as if nothing was (SIGCONT)',
  pauseMs: [500, 3_000],
  sellingSecondsMin: 90,
  prepare: async (next) => ({
    begin: async ({ system }) => ({
      async strike() {
        const role = pick(['gateway', 'worker'] as const, next);
        const victim = pick(
          processesOf(system).filter((process) => process.role === role),
          next,
        );
        if (!victim) return null;
        process.kill(victim.pid, 'SIGSTOP');
        try {
          await sleep(between(...sleepMs, next));
        } finally {
          process.kill(victim.pid, 'SIGCONT');
        }
        return victim.role;
      },
    }),
  }),
};
