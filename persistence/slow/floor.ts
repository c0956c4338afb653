import type { OutboxEvent } from '../../engine/contracts/events.ts';
import { decodeItems } from '../../engine/contracts/events.ts';
import type { ReservationId } from '../../engine/contracts/ids.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import { StaleEpoch } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import { journal } from '../outbox/relay.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';

/** Where the units of a SKU of a slow sale are; held and being paid is what is neither. */
export interface SlowCount {
  sku: string;
  units: number;
  available: number;
  sold: number;
}

/** A sale that sells slowly, as `read-slow-sale.sql` selects it. */
export interface SlowSaleRow {
  epoch: number;
  state: SaleState;
  per_buyer_limit: number;
  hold_ms: number;
  opens_at: Date;
  closes_at: Date;
  is_to_close: boolean;
  now_ms: number;
  counts: SlowCount[];
}

/** A reservation of a slow sale that moved. */
export interface MovedHold {
  reservation_id: ReservationId;
  buyer_id: string;
  items: string;
  attempt_id: string | null;
  deadline_ms: number;
}

/** A slow sale whose relay is locked: nobody else decides, and its epoch does not end meanwhile. */
export interface SlowFloor {
  transaction: Postgres;
  sale: SlowSaleRow;
  /** Goes into the journal with the commit, as the relay would bring it there. */
  emit(type: OutboxEvent['type'], hold?: MovedHold): void;
}

const lockRelay = statement<{ position: string }>('lock-relay');
const readSlowSale = statement<SlowSaleRow>('read-slow-sale');

/**
 * Decides about a slow sale in one transaction: what Redis does in a script, under the lock of the sale's relay.
 * What moved is journaled in the same commit, under positions that follow the relay's, so that whoever rebuilds
 * the sale finds it where everything else is. Throws `StaleEpoch` where the sale does not sell slowly.
 */
export const onSlowFloor = <R>(
  pool: PostgresPool,
  log: Log,
  saleId: string,
  decide: (floor: SlowFloor) => Promise<R>,
): Promise<R> => inTransaction(pool, (transaction) => onSlowFloorIn(transaction, log, saleId, decide));

/** The same in a transaction that is under way. */
export async function onSlowFloorIn<R>(
  transaction: Postgres,
  log: Log,
  saleId: string,
  decide: (floor: SlowFloor) => Promise<R>,
): Promise<R> {
  const [relay] = await lockRelay(transaction, [saleId]);
  // A statement of its own: what it sees is as it is now that the relay is locked.
  const [sale] = await readSlowSale(transaction, [saleId]);
  if (!relay || !sale) throw new StaleEpoch(`${saleId} does not sell through Postgres`);
  const nextPosition = positionsAfter(relay.position, sale.now_ms);
  const events: OutboxEvent[] = [];
  const result = await decide({
    transaction,
    sale,
    emit: (type, hold) =>
      events.push({
        ...eventOf(type, hold),
        ...{ position: nextPosition(), atMs: sale.now_ms, epoch: sale.epoch },
      }),
  });
  if (events.length === 0) return result;
  const journaled = await journal(transaction, log, saleId, relay.position, events, null);
  if (journaled.length === 0) throw new Error(`the relay of ${saleId} moved though it was locked`);
  return result;
}

/** Stream ids as Redis would give them out: by the clock, and never before the last one. */
function positionsAfter(position: string, nowMs: number): () => string {
  const [lastMs = 0n, lastN = 0n] = position.split('-').map(BigInt);
  const isAhead = BigInt(nowMs) > lastMs;
  const ms = isAhead ? BigInt(nowMs) : lastMs;
  let n = isAhead ? -1n : lastN;
  return () => {
    n += 1n;
    return `${ms}-${n}`;
  };
}

const eventOf = (type: OutboxEvent['type'], hold?: MovedHold) => ({
  type,
  reservationId: hold?.reservation_id ?? null,
  buyerId: hold?.buyer_id ?? null,
  turn: null,
  items: decodeItems(hold?.items ?? ''),
  deadlineMs: hold?.deadline_ms ?? null,
  attemptId: hold?.attempt_id ?? null,
  returnId: null,
  places: null,
  firstIndex: null,
});
