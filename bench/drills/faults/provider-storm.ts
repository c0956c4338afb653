import { setTimeout as sleep } from 'node:timers/promises';
import { between, type Drill, pick } from '../scene.ts';
import { makeWeather } from '../weather.ts';

/** What the provider is like while it storms. */
const storms: readonly (readonly [name: string, conditions: object])[] = [
  ['outage', { outage: true }],
  ['half of all charges fail', { errorShare: 0.5 }],
  ['slow', { latencyMs: 2_000 }],
  ['slower than anybody waits', { latencyMs: 9_000 }],
  ['slow, and a third fails', { latencyMs: 1_000, errorShare: 0.33 }],
];

const calm = { latencyMs: 50, errorShare: 0, outage: false };

export const providerStorm: Drill = {
  name: 'provider-storm',
  summary: 'the payment provider is slow, fails, is away, answers after everybody gave up waiting',
  pauseMs: [500, 2_000],
  sellingSecondsMin: 40,
  prepare: async (next) => ({
    async begin({ system }) {
      return {
        async strike() {
          const [name, conditions] = pick(storms, next) as (typeof storms)[number];
          await makeWeather(system, conditions);
          await sleep(between(1_000, 6_000, next));
          await makeWeather(system, calm);
          return name;
        },
        end: () => makeWeather(system, calm),
      };
    },
  }),
};
