import { refuse } from '../../engine/contracts/errors.ts';
import { endOfPage, pageOf } from '../../engine/contracts/page.ts';
import type { Payments } from '../../engine/contracts/payments.ts';
import type { Log } from '../log.ts';
import { metAnother } from '../postgres/errors.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';
import { decide } from './decide.ts';
import { paymentOf, readUnresolved } from './unresolved-row.ts';

/** One that met a cancellation of its order in the other order of locks sees it the second time. */
const attemptsMax = 3;

/** What operators do with payments, on Postgres; the workers are woken for what follows from it. */
export function paymentsOn(
  on: PostgresPool,
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>,
  log: Log,
): Payments {
  const find = async (paymentId: string) => (await readUnresolved(on, ['', 1, paymentId]))[0];
  return {
    async unresolved(limit, cursor) {
      const after = endOfPage(cursor, isPaymentId);
      if (after.kind === 'refused') return after;
      const rows = await readUnresolved(on, [after.name ?? '', limit + 1, null]);
      return pageOf(rows, limit, paymentOf, (row) => row.payment_id);
    },

    async settle(paymentId, operatorId, request) {
      let decided: Awaited<ReturnType<typeof decide>>;
      for (let made = 1; ; made += 1) {
        try {
          decided = await decide({ on, log }, paymentId, operatorId, request);
          if (decided.kind === 'refused') return decided;
          break;
        } catch (error) {
          if (!metAnother(error) || made === attemptsMax) throw error;
        }
      }
      const settled = await find(paymentId);
      if (!settled) return refuse('payment_not_found');
      if (decided.kind === 'noted') return { kind: 'settled', payment: paymentOf(settled) };
      // Redis and the buyer hear of it from whoever follows the payment; lost, its row is found again.
      await queue.wakeAgain([settled.payment_id]).catch((error: Error) => {
        log.warn({ paymentId, reason: error.message }, 'a wake-up was lost; its hold will be found again');
      });
      return { kind: 'settled', payment: paymentOf(settled) };
    },
  };
}

const isPaymentId = (text: string): boolean => /^pay_[0-9a-z]{1,64}$/.test(text);
