import { setTimeout as sleep } from 'node:timers/promises';
import type { Tally } from '../../psp/tally.ts';
import type { Drill } from '../scene.ts';
import { makeWeather } from '../weather.ts';

/** From the first payment to the last. Buyers bring the declines: one in ten has such a card first. */
const storm = {
  errorShare: 0.05,
  timeoutBeforeShare: 0.05,
  timeoutAfterShare: 0.05,
  webhookDuplicateShare: 0.2,
  webhookReorderShare: 0.2,
} as const;
const outageMs = 20_000;
/** So long faults are counted as one strike. */
const countedForMs = 5_000;

/**
 * Every kind of trouble with a payment provider at once, for the whole sale, and one outage in the middle. The
 * outage is the first strike; each further one is what went wrong at the provider in five seconds, by its own
 * count.
 */
export const paymentStorm: Drill = {
  name: 'payment-storm',
  summary:
    'of the answers a tenth is lost and a twentieth an error, webhooks come twice and late; one outage of 20 s',
  pauseMs: [2_000, 4_000],
  sellingSecondsMin: 60,
  prepare: async () => ({
    async begin({ system, operator }) {
      await makeWeather(system, storm);
      let wasAway = false;
      return {
        async strike() {
          if (!wasAway) {
            wasAway = true;
            await makeWeather(system, { outage: true });
            await sleep(outageMs);
            await makeWeather(system, { outage: false });
            return 'outage';
          }
          const before = faultsOf(await operator.charges());
          await sleep(countedForMs);
          const now = faultsOf(await operator.charges());
          const struck = Object.entries(now).flatMap(([name, count]) => {
            const more = count - (before[name as keyof typeof now] ?? 0);
            return more > 0 ? [`${more} ${name}`] : [];
          });
          return struck.length > 0 ? `faults: ${struck.join(', ')}` : null;
        },
        end: () =>
          makeWeather(system, { errorShare: 0, timeoutBeforeShare: 0, timeoutAfterShare: 0, outage: false }),
      };
    },
  }),
};

const faultsOf = ({ failed, answersLost, requestsLost, declined, webhooks }: Tally) => ({
  'requests lost': requestsLost.count,
  'answers lost': answersLost.count,
  errors: failed.count,
  declines: declined.count,
  'webhooks twice': webhooks.duplicated,
  'webhooks out of order': webhooks.reordered,
});
