import { type OrderId, orderIdOf, type PaymentId } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PaymentRow } from '../payments/payment-row.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';

const abandonPayments = statement<{ payment_id: PaymentId }>('abandon-payments');
const readPayments = statement<PaymentRow>('read-payments');
const readSoldOrders = statement<{ order_id: OrderId }>('read-sold-orders');

const batchMax = 200;

export interface LapsedPins {
  /** Nothing had been committed: the attempt is fenced off, and its hold is held again or expired. */
  abandoned: number;
  /** The payment is under way: its pin lives on, and its workers were woken. */
  renewed: number;
  /** What was paid is sold, also where all of the money has gone back since: a return brings the units back, if any. */
  confirmed: number;
  /** The payment had ended without a sale: its hold is held again or expired. */
  returned: number;
}

type Pins = Awaited<ReturnType<Settlement['lapsedPins']>>;

/**
 * Decides about the pins of a sale whose leases lapsed. Postgres arbitrates: whoever writes the attempt's
 * row first, `initiated` or `abandoned`, wins, so a gateway that slept through its lease is refused later.
 */
export async function settleLapsedPins(
  on: Postgres,
  settlement: Pick<Settlement, 'lapsedPins' | 'renewPin' | 'returnToHeld' | 'confirm'>,
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>,
  log: Log,
  saleId: string,
): Promise<LapsedPins> {
  const pins = await settlement.lapsedPins(saleId, batchMax);
  if (pins.length === 0) return { abandoned: 0, renewed: 0, confirmed: 0, returned: 0 };
  const paymentIds = pins.map((pin) => pin.paymentId);
  const buyerIds = pins.map((pin) => pin.buyerId);
  const orderIds = pins.map((pin) => orderIdOf(pin.reservationId));
  const won = await abandonPayments(on, [saleId, paymentIds, buyerIds, orderIds, []]);
  const abandoned = new Set(won.map((row) => row.payment_id));
  const known = await readPayments(on, [paymentIds]);
  const payments = new Map(known.map((row) => [row.payment_id, row]));
  const sold = new Set((await readSoldOrders(on, [buyerIds, orderIds])).map((row) => row.order_id));
  const isSold = (pin: Pins[number], payment: PaymentRow | undefined) =>
    (payment?.state === 'captured' || payment?.state === 'refunded') &&
    sold.has(orderIdOf(pin.reservationId));

  const renew: Pins = [];
  const confirm: Pins = [];
  const giveBack: Pins = [];
  for (const pin of pins) {
    const payment = payments.get(pin.paymentId);
    if (payment?.state === 'initiated' || payment?.state === 'authorized') renew.push(pin);
    else if (isSold(pin, payment)) confirm.push(pin);
    else giveBack.push(pin);
  }

  await Promise.all(renew.map((pin) => settlement.renewPin(saleId, pin.reservationId, pin.paymentId)));
  if (renew.length > 0) await queue.wakeAgain(renew.map((pin) => pin.paymentId));
  await settlement.confirm(saleId, confirm);
  await settlement.returnToHeld(saleId, giveBack);
  const counts = {
    abandoned: abandoned.size,
    renewed: renew.length,
    confirmed: confirm.length,
    returned: giveBack.length - abandoned.size,
  };
  log.warn({ saleId, ...counts }, 'pins had lapsed');
  return counts;
}
