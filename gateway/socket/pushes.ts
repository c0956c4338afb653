import type { BuyerNews, Push } from '../../engine/contracts/outcomes.ts';
import { namedSale } from '../../engine/contracts/sale.ts';
import type { Engine } from '../../engine/surface.ts';
import { encodeEvent } from './frames.ts';
import type { Presences } from './presence.ts';
import type { Turns } from './turns.ts';

/** Brings what is said to one buyer to the sockets that this buyer has here. */
export class Pushes {
  readonly #engine: Pick<Engine, 'sales' | 'desk'>;
  readonly #presences: Presences;

  constructor(
    engine: Pick<Engine, 'sales' | 'desk' | 'onPush' | 'onBuyerNews'>,
    presences: Presences,
    turns: Turns,
    onError: (error: unknown) => void,
  ) {
    this.#engine = engine;
    this.#presences = presences;
    engine.onPush((push) => {
      if (presences.of(push.buyerId)) this.#deliver(push).catch(onError);
    });
    engine.onBuyerNews((news) => {
      if (!presences.of(news.buyerId)) return;
      (news.news === 'place' ? turns.heard(news) : this.#tellOfHold(news)).catch(onError);
    });
  }

  async #deliver(push: Push): Promise<void> {
    if (push.ev === 'expired') {
      const { saleId, reservationId } = push;
      this.#presences.send(push.buyerId, encodeEvent('expired', { ...namedSale(saleId), reservationId }));
    } else if (push.ev === 'reserved') {
      await this.#tellOfHold(push);
    } else {
      const { buyerId, orderId, paymentId, status, hasFailed } = push;
      const failure = `${orderId} failed`;
      const outcome = hasFailed ? failure : `${paymentId} ${status}`;
      const end = status === 402 ? failure : null;
      this.#presences.sendOnce(buyerId, encodeEvent('order', orderNews(push)), outcome, end);
    }
  }

  /** Through standby, or because the buyer asked for it; whichever socket asked knows it from its answer. */
  async #tellOfHold({
    buyerId,
    saleId,
    reservation,
  }: Pick<Extract<BuyerNews, { news: 'held' }>, 'buyerId' | 'saleId' | 'reservation'>): Promise<void> {
    const sale = await this.#engine.sales.find(saleId);
    if (!sale) return;
    const body = this.#engine.desk.reservedBody(sale, reservation);
    this.#presences.sendOnce(buyerId, encodeEvent('reserved', body), reservation.id);
  }
}

/**
 * A confirmed order as it is; a decline as the order shows it, which is still to be paid while its hold lasts; and where
 * the money came after the hold had ended, the order that had failed by then.
 */
function orderNews({
  orderId,
  orderNumber,
  status,
  body,
  hasFailed,
}: Extract<Push, { ev: 'order' }>): object {
  if (status < 400) return body;
  if (status === 410) {
    const { code } = body as { code: string };
    return { orderId, orderNumber, status: 'failed', paymentStatus: 'captured', lastPaymentError: { code } };
  }
  const { code, declineCode } = body as { code?: string; declineCode?: string };
  return {
    orderId,
    orderNumber,
    status: hasFailed ? 'failed' : 'pending',
    paymentStatus: 'declined',
    lastPaymentError: { code: code ?? 'payment_declined', declineCode: declineCode ?? 'declined' },
  };
}
