import { isAlive, processesOf, type Role } from '../processes.ts';
import { type Drill, pick } from '../scene.ts';
import { until } from '../until.ts';

const roles: Role[] = ['gateway', 'operator', 'worker', 'redis', 'postgres'];

/** SIGKILL to one process of those roles, which the dice choose: first the role, so that each gets its share. */
export function kill(name: string, summary: string, of: readonly Role[] = roles): Drill {
  return {
    name,
    summary,
    pauseMs: [300, 3_000],
    sellingSecondsMin: 20,
    prepare: async (next) => ({
      begin: async ({ system }) => ({
        async strike() {
          const role = pick(of, next);
          const victims = processesOf(system).filter((process) => process.role === role);
          const victim = pick(victims, next);
          if (!victim) return null;
          process.kill(victim.pid, 'SIGKILL');
          await until(() => !isAlive(system, victim), 5_000, `${victim.role} ${victim.pid} to be gone`);
          return victim.role;
        },
      }),
    }),
  };
}
