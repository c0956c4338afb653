import type { Redis } from 'ioredis';
import { decodeItems } from '../contracts/events.ts';
import type { PaymentId, ReservationId } from '../contracts/ids.ts';
import type { ObservedReservation, ObservedSale } from '../contracts/observed-sale.ts';
import type { StockCount } from '../contracts/sale.ts';
import type { SaleState } from '../contracts/states.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

/** Records in one call: about 3 ms of Redis. */
const partMax = 500;

/**
 * Reads everything that Redis holds of a sale's units, in parts that keep nobody waiting. What moved meanwhile
 * is told by the outbox between `from` and `through`. Null where Redis does not know the sale; throws where a
 * key is not what it should be, or the sale began another epoch meanwhile.
 */
export async function observeSale(redis: Redis, saleId: string): Promise<ObservedSale | null> {
  const ask = (name: string, ...args: (string | number)[]) =>
    run(redis, script(name), floorKeys(saleId), [nextRequestId(), ...args]);
  async function* walk(name: string, ...of: string[]): AsyncGenerator<Reply[number]> {
    let cursor = '0';
    do {
      const [, code, next, ...answers] = await ask(name, ...of, cursor, partMax);
      if (code !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      cursor = String(next);
      yield* answers;
    } while (cursor !== '0');
  }

  const before = await ask('sale/look');
  if (before[1] !== 1) return null;
  const reservations: ObservedSale['reservations'] = new Map();
  const unreadable: ReservationId[] = [];
  for await (const answer of walk('reservation/scan')) {
    const record = answer as Reply;
    const id = record[0] as ReservationId;
    if (record.length === 1) unreadable.push(id);
    else reservations.set(id, reservationOf(record));
  }
  const buyers: ObservedSale['buyers'] = new Map();
  for await (const answer of walk('sale/scan-buyers')) {
    const [buyerId, units, reservationId] = answer as Reply;
    const of = { units: Number(units), reservationId: (reservationId || null) as ReservationId | null };
    buyers.set(buyerId as string, of);
  }
  const strays: ObservedSale['strays'] = [];
  for (const index of ['deadlines', 'pins'] as const) {
    for await (const member of walk('reservation/scan-index', index))
      strays.push({ index, member: String(member) });
  }
  const [, code, epoch, state, clockMs, through, stock] = await ask('sale/look');
  if (code !== 1 || epoch !== before[2]) throw new StaleEpoch(`${saleId} began another epoch meanwhile`);
  return {
    epoch: Number(epoch),
    state: state as SaleState,
    clockMs: Number(clockMs),
    from: before[5] as string,
    through: through as string,
    stock: stockOf(stock as string[]),
    reservations,
    unreadable,
    buyers,
    strays,
  };
}

function reservationOf([
  id,
  state,
  buyerId,
  turn,
  items,
  deadlineMs,
  attemptId,
  deadline,
  pin,
  bit,
  ...returns
]: Reply) {
  const score = (text: Reply[number] | undefined) => (text === '' ? null : Number(text));
  return {
    id,
    state,
    buyerId,
    turn: Number(turn) < 0 ? null : Number(turn),
    items: decodeItems(items as string),
    deadlineMs: Number(deadlineMs),
    attemptId: (attemptId || null) as PaymentId | null,
    deadlineScoreMs: score(deadline),
    pinScoreMs: score(pin),
    isTurnUsed: Number(bit) < 0 ? null : bit === 1,
    returns: new Map((returns as string[][]).map(([returnId, back]) => [returnId, decodeItems(back ?? '')])),
  } as ObservedReservation;
}

const places = ['units', 'available', 'held', 'paying', 'sold'] as const;

function stockOf(flat: readonly string[]): StockCount[] {
  const stock = new Map<string, StockCount>();
  for (let i = 0; i < flat.length; i += 2) {
    const { sku, place } = /^(?<sku>.+):(?<place>\w+)$/.exec(flat[i] as string)?.groups ?? {};
    const at = places.find((name) => name === place);
    if (sku === undefined || at === undefined) continue;
    const count = stock.get(sku) ?? { sku, ...nowhere };
    count[at] = /^-?\d+$/.test(flat[i + 1] as string) ? Number(flat[i + 1]) : Number.NaN;
    stock.set(sku, count);
  }
  return [...stock.values()];
}

const nowhere = { units: NaN, available: NaN, held: NaN, paying: NaN, sold: NaN };
