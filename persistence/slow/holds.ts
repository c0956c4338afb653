import { decodeItems } from '../../engine/contracts/events.ts';
import type { PaymentId, QuoteId, ReservationId } from '../../engine/contracts/ids.ts';
import type { ReservationState } from '../../engine/contracts/states.ts';
import { pinLeaseMs, StaleEpoch } from '../../engine/index.ts';
import type { OwnReservation, PinAnswer, SlowSales } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { type MovedHold, onSlowFloor } from './floor.ts';
import { MovedUnits } from './units.ts';

interface HoldRow {
  items: string;
  deadline_ms: number;
  quote_id: QuoteId | null;
  state: ReservationState;
}

interface OfReservation {
  saleId: string;
  reservationId: ReservationId;
  buyerId: string;
}

const readSlowReservation = statement<HoldRow>('read-slow-reservation');
const pinSlowHold = statement<Pick<HoldRow, 'items' | 'deadline_ms' | 'quote_id'>>('pin-slow-hold');
const repriceSlowHold = statement('reprice-slow-hold');
const findEndedAttempt = statement<{ payment_id: PaymentId }>('find-ended-attempt');
const releaseSlowHold = statement<MovedHold>('release-slow-hold');

/** What a hold that is not to be had is instead; `held` is what changed since it was asked for. */
const asked = { paying: 'paying', confirmed: 'paid', released: 'ended', expired: 'ended' } as const;
const pinned = { paying: 'in_progress', confirmed: 'paid', released: 'ended', expired: 'ended' } as const;

/** The buyer's side of the reservations of slow sales. */
export function slowHolds(
  pool: PostgresPool,
  log: Log,
  isSlow: (saleId: string) => Promise<boolean>,
): Pick<SlowSales, 'read' | 'release' | 'reprice' | 'beginPayment'> {
  /** Null: the buyer has no such reservation. Nothing may be said of a sale that went back to Redis. */
  async function row({ saleId, reservationId, buyerId }: OfReservation): Promise<HoldRow | null> {
    const [found] = await readSlowReservation(pool, [saleId, reservationId, buyerId]);
    if (!found && !(await isSlow(saleId))) throw new StaleEpoch(`${saleId} does not sell through Postgres`);
    return found ?? null;
  }
  /** It moved between two looks, or its sale went back: whoever asks again sees how it is. */
  const moved = ({ saleId }: OfReservation) => new StaleEpoch(`a hold of ${saleId} moved meanwhile`);

  return {
    async read(of): Promise<OwnReservation | null> {
      const found = await row(of);
      if (!found) return null;
      const { state, quote_id: quoteId, deadline_ms: deadlineMs } = found;
      const { saleId, reservationId: id, buyerId } = of;
      const items = decodeItems(found.items);
      return { id, saleId, buyerId, state, items, deadlineMs, turn: null, quoteId };
    },

    async release(of) {
      const { saleId, reservationId, buyerId } = of;
      const isReleased = await onSlowFloor(pool, log, saleId, async ({ transaction, sale, emit }) => {
        const [hold] = await releaseSlowHold(transaction, [saleId, reservationId, buyerId]);
        if (!hold) return false;
        const units = new MovedUnits(sale.counts);
        units.add(hold.items, { available: 1 });
        await units.write(transaction, saleId);
        emit('reservation.released', hold);
        return true;
      });
      if (isReleased) return 'released';
      const found = await row(of);
      if (!found) return 'not_found';
      if (found.state === 'held') throw moved(of);
      return found.state;
    },

    async reprice(of) {
      const [priced] = await repriceSlowHold(pool, [of.saleId, of.reservationId, of.buyerId, of.quoteId]);
      if (priced) return { kind: 'priced' };
      const found = await row(of);
      if (!found) return { kind: 'not_found' };
      if (found.state === 'held') throw moved(of);
      return { kind: asked[found.state] };
    },

    async beginPayment(of): Promise<PinAnswer> {
      const { saleId, epoch, reservationId, buyerId, paymentId } = of;
      const [hold] = await pinSlowHold(pool, [saleId, epoch, reservationId, buyerId, paymentId, pinLeaseMs]);
      if (hold) {
        const { deadline_ms: deadlineMs, quote_id: quoteId } = hold;
        return { kind: 'pinned', items: decodeItems(hold.items), deadlineMs, quoteId };
      }
      const found = await row(of);
      if (!found) return { kind: 'not_found' };
      if (found.state !== 'held') return { kind: pinned[found.state] };
      // Held, and not to be had: this attempt has ended, whichever came after it, or the hold moved meanwhile.
      if ((await findEndedAttempt(pool, [paymentId, buyerId])).length > 0) return { kind: 'tried' };
      throw moved(of);
    },
  };
}
