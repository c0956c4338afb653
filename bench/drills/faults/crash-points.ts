import { setTimeout as sleep } from 'node:timers/promises';
import { type CrashPoint, crashPoints } from '../../../engine/contracts/crash-points.ts';
import { processesOf, type SystemProcess } from '../processes.ts';
import { between, type Drill, type Scene } from '../scene.ts';
import { makeWeather } from '../weather.ts';

/**
 * A process dies when its nth payment passes the point. One that dies too soon after its start sells nothing,
 * and at a payment or so a second, shared by two, one of ten payments dies too seldom: 4 strikes in 100 s.
 */
const nthOf: Readonly<Partial<Record<CrashPoint, readonly [from: number, to: number]>>> = {
  // One buyer in ten has a card that is declined.
  'settle:declined': [1, 1],
  'hold:returned': [1, 1],
};
const nthUsually = [3, 6] as const;

/** So long a strike waits for the next death before it says that there was none. */
const patienceMs = 200;

/** What the provider and its settings have to be like for a payment to come by. */
const conditionsFor = (point: CrashPoint) => ({
  env: point.startsWith('capture:') ? { PROVIDER_CAPTURE: 'manual' } : {},
  weather: point.startsWith('action:') ? { actionShare: 0.5 } : {},
});

/**
 * A gateway or a worker dies at a named point of the saga, its successors, too: the processes kill themselves
 * there, because no signal from outside is that exact. Each seed takes the next point of the list.
 */
export const crashPointDrill: Drill = {
  name: 'crash-points',
  summary: 'gateways or workers die at a named point of the saga; each seed takes the next point',
  pauseMs: [0, 0],
  sellingSecondsMin: 100,
  async prepare(next, seed) {
    const point = crashPoints[(seed + crashPoints.length - 1) % crashPoints.length] as CrashPoint;
    const { env, weather } = conditionsFor(point);
    const nth = Math.round(between(...(nthOf[point] ?? nthUsually), next));
    return {
      arrange: async () => ({ DRILL: 'on', CRASH_POINT: `${point}:${nth}`, ...env }),
      async begin({ system }: Scene) {
        await makeWeather(system, weather);
        let living = mortals(processesOf(system));
        const dead: SystemProcess[] = [];
        return {
          async strike() {
            const untilMs = performance.now() + patienceMs;
            while (dead.length === 0 && performance.now() < untilMs) {
              const now = mortals(processesOf(system));
              dead.push(...living.filter(({ pid }) => !now.some((other) => other.pid === pid)));
              living = now;
              if (dead.length === 0) await sleep(20);
            }
            const victim = dead.shift();
            return victim ? `${point}: ${victim.role}` : null;
          },
        };
      },
    };
  },
};

const mortals = (processes: readonly SystemProcess[]) =>
  processes.filter(({ role }) => role === 'gateway' || role === 'worker');
