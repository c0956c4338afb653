import type { PaymentId, QuoteId, ReservationId } from '../contracts/ids.ts';
import type { StockCount } from '../contracts/sale.ts';
import type { SaleState } from '../contracts/states.ts';
import { RedisUnavailable, StaleEpoch } from '../redis/unavailable.ts';
import type {
  OwnReservation,
  PinAnswer,
  ReleaseAnswer,
  RepriceAnswer,
  reservations,
} from './reservations.ts';
import type { Decision, ReserveRequest } from './reserve.ts';

interface OfReservation {
  saleId: string;
  reservationId: ReservationId;
  buyerId: string;
}

/** A sale that sells slowly: through row locks in Postgres, because Redis is away. */
export interface SlowSale {
  saleId: string;
  /** Begun when it went there; Redis never hears of it. */
  epoch: number;
  state: SaleState;
  /** By the clock of Postgres. */
  nowMs: number;
  /** Held includes what is being paid. */
  stock: StockCount[];
}

/**
 * The reservations of sales that sell slowly, with the answers of the scripts. Every call is safe to repeat; of a
 * sale that does not sell so any more it throws `StaleEpoch`.
 */
export interface SlowSales {
  /** In the epoch in which it sells slowly, or null: as this process heard of it last. */
  find(saleId: string): SlowSale | null;
  list(): readonly SlowSale[];
  /** Hears of it again. While Postgres is away it stays as it was. */
  refresh(): Promise<void>;
  reserve(request: ReserveRequest): Promise<Decision>;
  read(of: OfReservation): Promise<OwnReservation | null>;
  release(of: OfReservation): Promise<ReleaseAnswer>;
  reprice(of: OfReservation & { quoteId: QuoteId }): Promise<RepriceAnswer>;
  /** The pin ends with its attempt: once that is abandoned, declined or voided, the hold is held again. */
  beginPayment(of: OfReservation & { epoch: number; paymentId: PaymentId }): Promise<PinAnswer>;
}

/** What decides about the units of sales. */
export interface Floor {
  decide(request: ReserveRequest): Promise<Decision>;
  reservations: ReturnType<typeof reservations>;
  /** Gives a pin back. Only of an attempt that is abandoned: until then somebody may commit it. */
  unpin(of: OfReservation & { paymentId: PaymentId }): Promise<unknown>;
}

/**
 * Asks Postgres about sales that sell slowly, and Redis about all others. Who is told by Postgres that a sale went
 * back a moment ago has changed nothing there, and asks Redis; where the request names the epoch that has ended, Redis
 * refuses it, and it is made again in the next one.
 */
export function slowlyWhereDue(fast: Floor, slow: SlowSales): Floor {
  const isSlow = ({ saleId }: { saleId: string }) => slow.find(saleId) !== null;
  // Of a sale in Redis nothing is added to the wait: each step that waits costs a turn of the microtasks (ADR 0014).
  const either =
    <Of extends { saleId: string }, R>(slowly: (of: Of) => Promise<R>, quickly: (of: Of) => Promise<R>) =>
    (of: Of): Promise<R> =>
      isSlow(of) ? slowlyUnlessBack(slowly, quickly, of) : quickly(of);
  async function slowlyUnlessBack<Of extends { saleId: string }, R>(
    slowly: (of: Of) => Promise<R>,
    quickly: (of: Of) => Promise<R>,
    of: Of,
  ): Promise<R> {
    try {
      return await slowly(of);
    } catch (error) {
      if (!(error instanceof StaleEpoch)) throw error;
      await slow.refresh();
      if (isSlow(of)) throw error;
      return quickly(of);
    }
  }
  const { read, release, extend, beginPayment, reprice } = fast.reservations;
  // A request that extends is recognised in Redis.
  const refuseToExtend = () =>
    Promise.reject(new RedisUnavailable('no hold is extended while Redis is away'));
  return {
    decide: either(slow.reserve, fast.decide),
    reservations: {
      read: either(slow.read, read),
      release: either(slow.release, release),
      extend: either(refuseToExtend, extend),
      beginPayment: either(slow.beginPayment, beginPayment),
      reprice: either(slow.reprice, reprice),
    },
    // In Postgres the row that says `abandoned` has ended the pin.
    unpin: either<Parameters<Floor['unpin']>[0], unknown>(async () => {}, fast.unpin),
  };
}
