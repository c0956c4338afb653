import { diceOf } from '../dice.ts';

/** What one buyer of a rush is like. Follows from the rush's seed and the buyer's number alone. */
export interface Behaviour {
  number: number;
  channel: 'socket' | 'http';
  /** `walk_away` leaves a held unit to lapse; `no_show` does not come when called. */
  plan: 'pay' | 'walk_away' | 'no_show';
  firstCard: 'tok_visa' | 'tok_declined' | 'tok_insufficient';
  doubleClicksReserve: boolean;
  doubleClicksPay: boolean;
  /** Drops the socket this long after the ticket, and comes back; null for those who stay. */
  dropsAfterMs: number | null;
  awayMs: number;
  /** When they come, as a share of the time in which everybody comes: [0, 1). */
  arrivesAt: number;
  /** Between the unit being held and the click on pay. */
  thinkMs: number;
  /** Sockets: how the token is shown. */
  showsTokenIn: 'frame' | 'subprotocol';
  /** HTTP: waits for the outcome with `Prefer: wait`, else asks for the order until it is decided. */
  prefersWaiting: boolean;
}

/** Shares of all buyers, except where noted. Four in five pay: a sale with more buyers than units sells out. */
export const shares = {
  socket: 0.8,
  walkAway: 0.08,
  noShow: 0.05,
  /** Their first card is declined; the second one is good. */
  declined: 0.1,
  doubleClickReserve: 0.1,
  doubleClickPay: 0.1,
  /** Of those on sockets. */
  drops: 0.06,
} as const;

/** The behaviour of that buyer under that seed. Every call throws the same dice in the same order. */
export function behaviourOf(seed: number, number: number): Behaviour {
  const next = diceOf(seed, number);
  const channel = next() < shares.socket ? 'socket' : 'http';
  const intent = next();
  const card = next();
  const doubleClicksReserve = next() < shares.doubleClickReserve;
  const doubleClicksPay = next() < shares.doubleClickPay;
  const drops = next() < shares.drops && channel === 'socket';
  const dropsAfterMs = 200 + Math.floor(next() * 6000);
  return {
    number,
    channel,
    plan:
      intent < shares.walkAway ? 'walk_away' : intent < shares.walkAway + shares.noShow ? 'no_show' : 'pay',
    firstCard:
      card >= shares.declined ? 'tok_visa' : card < shares.declined / 2 ? 'tok_declined' : 'tok_insufficient',
    doubleClicksReserve,
    doubleClicksPay,
    dropsAfterMs: drops ? dropsAfterMs : null,
    awayMs: 100 + Math.floor(next() * 900),
    arrivesAt: next(),
    thinkMs: 200 + Math.floor(next() * 1300),
    showsTokenIn: next() < 0.25 ? 'subprotocol' : 'frame',
    prefersWaiting: next() < 0.5,
  };
}

/** Unique for each sale, so that runs against the same stores never meet each other's buyers or keys. */
export const buyerIdOf = (saleId: string, number: number): string => `buyer-${number}@${saleId}`;
