import type { PaymentId, ReservationId } from '../../engine/contracts/ids.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { HoldSettlement } from '../workers/hold-settlement.ts';

interface UnconfirmedHold {
  sale_id: string;
  reservation_id: ReservationId;
  payment_id: PaymentId;
}

const lostConfirmations = statement<UnconfirmedHold>('lost-confirmations');
const forgetUnconfirmedHolds = statement('forget-unconfirmed-holds');

const batchMax = 500;

/**
 * Confirms in Redis the holds of orders that were confirmed in Postgres `ageMs` ago and not heard of since:
 * the worker died in between, or Redis was away. Returns how many Redis has confirmed now.
 */
export async function confirmUnheardHolds(
  on: Postgres,
  holds: Pick<HoldSettlement, 'confirm'>,
  log: Log,
  ageMs: number,
): Promise<number> {
  const rows = await lostConfirmations(on, [ageMs, batchMax]);
  const outcomes = await Promise.allSettled(
    rows.map((row) =>
      holds.confirm({ saleId: row.sale_id, reservationId: row.reservation_id, paymentId: row.payment_id }),
    ),
  );
  const confirmed: ReservationId[] = [];
  outcomes.forEach((outcome, at) => {
    const row = rows[at] as UnconfirmedHold;
    if (outcome.status === 'rejected') {
      log.warn({ ...row, reason: String(outcome.reason) }, 'a hold could not be confirmed yet');
    } else if (outcome.value.kind === 'confirmed') {
      confirmed.push(row.reservation_id);
    } else {
      log.error({ ...row, state: outcome.value.state }, 'an order is confirmed whose hold is not being paid');
    }
  });
  if (confirmed.length > 0) await forgetUnconfirmedHolds(on, [confirmed]);
  return confirmed.length;
}
