import type { PaymentId, ReservationId } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import { gather } from '../postgres/gathering.ts';

export interface SalePin {
  saleId: string;
  reservationId: ReservationId;
  paymentId: PaymentId;
}

export interface SaleHold {
  saleId: string;
  reservationId: ReservationId;
  buyerId: string;
}

type Confirmed = Awaited<ReturnType<Settlement['confirm']>>[number];
type Returned = Awaited<ReturnType<Settlement['returnToHeld']>>[number];

/** Redis after Postgres: what was committed about pins, gathered into one call a sale. */
export interface HoldSettlement {
  confirm(pin: SalePin): Promise<Confirmed>;
  returnToHeld(pin: SalePin): Promise<Returned>;
  /** Gives back what an order held that was cancelled before it was paid. */
  release(hold: SaleHold): Promise<void>;
}

/** Pins in one script; more would make everybody else on that Redis wait longer than a frame. */
const pinsMax = 200;

export function holdSettlement(settlement: Settlement): HoldSettlement {
  return {
    confirm: gather((pins) => bySale(pins, settlement.confirm), { sizeMax: pinsMax }),
    returnToHeld: gather((pins) => bySale(pins, settlement.returnToHeld), { sizeMax: pinsMax }),
    // Few: only where a buyer cancels within a moment of a decline.
    release: ({ saleId, ...hold }) => settlement.release(saleId, [hold]),
  };
}

/** One call a sale, all at once; a sale that fails rejects its own pins alone. */
async function bySale<R>(
  pins: readonly SalePin[],
  settle: (saleId: string, pins: readonly SalePin[]) => Promise<R[]>,
): Promise<(R | Error)[]> {
  const answers: (R | Error)[] = Array(pins.length);
  const places = new Map<string, number[]>();
  pins.forEach(({ saleId }, place) => {
    places.set(saleId, (places.get(saleId) ?? []).concat(place));
  });
  await Promise.all(
    [...places].map(async ([saleId, at]) => {
      const ofSale = at.map((place) => pins[place] as SalePin);
      const settled = await settle(saleId, ofSale).catch((error: Error) => ofSale.map(() => error));
      at.forEach((place, index) => {
        answers[place] = settled[index] as R | Error;
      });
    }),
  );
  return answers;
}
