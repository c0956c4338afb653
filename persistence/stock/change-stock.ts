import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Item } from '../../engine/contracts/events.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { Log } from '../log.ts';
import { brokenFact } from '../postgres/errors.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { onOneConnection, transactionOn } from '../postgres/transaction.ts';
import type { SaleRow } from '../sales/sale-row.ts';
import { publishStock, type StockSettlement } from './publish-stock.ts';

const lockStock = statement('lock-stock');
const unlockStock = statement('unlock-stock');
const readSale = statement<SaleRow>('read-sale');
const announceRevision = statement('announce-revision');
const reviseUnits = statement('revise-units');

/** General stock while nobody else changes it. What it does not know is not its own, and passes by. */
export interface Stock {
  /** Alone at stock as long as it lives. */
  connection: Postgres;
  knows(sku: string): boolean;
  /** A SKU that is its own from now on, or whose title or price `commit` changes. */
  list(sku: string): void;
  /** Takes units out of Redis, before `commit` takes them out of the rows. All of them or, refused, to be given up. */
  take(items: readonly Item[]): Promise<Refusal | null>;
  /**
   * One commit: what was taken leaves the rows, what `gained` says of its result comes in, and `work` does what
   * belongs to it. Refused or thrown, nothing happened. Refusals, beside those of `work`: `unavailable`.
   */
  commit<R extends object>(
    work: (transaction: Postgres) => Promise<R | Refusal>,
    gained?: (result: R) => readonly Item[],
  ): Promise<R | Refusal>;
}

/**
 * Changes general stock, one at a time over all processes; where it knows none of the SKUs, nobody waits. Units that leave it leave Redis first, units that it
 * gains come to Redis last, so that neither lock ever allows more than the other one has; in Postgres they move in
 * the commit that moves them elsewhere. A crash on the way is undone or finished by whoever publishes stock next:
 * the change was announced before.
 */
export function changeStock<R>(
  pool: PostgresPool,
  settlement: StockSettlement,
  log: Log,
  skus: readonly string[] | 'whatever it knows',
  work: (stock: Stock) => Promise<R>,
): Promise<R> {
  return onOneConnection(pool, async (connection, broken) => {
    if (skus !== 'whatever it knows') {
      const [row] = await readSale(connection, [generalStockId]);
      const isConcerned = row?.items.some(({ sku }) => skus.includes(sku));
      if (!isConcerned) return work(stockOf(connection, broken, settlement, undefined).stock);
    }
    await lockStock(connection, []);
    try {
      const [row] = await readSale(connection, [generalStockId]);
      const change = stockOf(connection, broken, settlement, row);
      const result = await work(change.stock);
      if (change.isChanged()) await publishSoon(connection, settlement, log);
      return result;
    } finally {
      await unlockStock(connection, []).catch(broken);
    }
  });
}

function stockOf(
  connection: Postgres,
  broken: (failure: Error) => void,
  settlement: StockSettlement,
  row: SaleRow | undefined,
) {
  const units = new Map(row?.items.map((item) => [item.sku, item.units]));
  const taken: Item[] = [];
  let isChanged = false;
  let isListed = false;
  const known = (items: readonly Item[]) =>
    items.filter(({ sku, quantity }) => units.has(sku) && quantity !== 0);

  const stock: Stock = {
    connection,
    knows: (sku) => units.has(sku),

    list(sku) {
      isListed = true;
      if (!units.has(sku)) units.set(sku, 0);
    },

    async take(items) {
      const leaving = known(items);
      if (leaving.length === 0) return null;
      isChanged = true;
      await announceRevision(connection, [generalStockId]);
      for (const { sku, quantity } of leaving) {
        const adjusted = await takeOut(settlement, sku, units.get(sku) as number, quantity);
        if (adjusted) return adjusted;
      }
      taken.push(...leaving);
      return null;
    },

    commit: (work, gained = () => []) =>
      undoable(connection, broken, async (transaction) => {
        const result = await work(transaction);
        if ('kind' in result && result.kind === 'refused') return result;
        const after = new Map<string, number>();
        const move = (sku: string, by: number) =>
          after.set(sku, (after.get(sku) ?? (units.get(sku) as number)) + by);
        for (const { sku, quantity } of taken) move(sku, -quantity);
        for (const { sku, quantity } of known(gained(result as Exclude<typeof result, Refusal>))) {
          move(sku, quantity);
        }
        if (after.size === 0 && !isListed) return result;
        isChanged = true;
        const refusal = await setUnits(transaction, after);
        if (refusal) return refusal;
        await announceRevision(transaction, [generalStockId]);
        return result;
      }),
  };
  return { stock, isChanged: () => isChanged };
}

/** Null where that many units have left Redis, which had `units` of them. */
async function takeOut(
  settlement: StockSettlement,
  sku: string,
  units: number,
  quantity: number,
): Promise<Refusal | null> {
  const short = refuse('insufficient_stock', {
    detail: `General stock has fewer than ${quantity} of ${sku} available.`,
    members: { sku },
  });
  if (units < quantity) return short;
  const adjusted = await settlement.adjustUnits(generalStockId, sku, units - quantity);
  if (adjusted.kind === 'done') return null;
  if (adjusted.code === 'units_in_use') return short;
  return refuse('unavailable', { detail: 'Redis does not know general stock yet.', retryAfterSeconds: 1 });
}

/** Null where the rows have these units now. */
async function setUnits(transaction: Postgres, units: ReadonlyMap<string, number>): Promise<Refusal | null> {
  try {
    await reviseUnits(transaction, [generalStockId, [...units.keys()], [...units.values()]]);
    return null;
  } catch (error) {
    if (brokenFact(error) !== 'committed_within_units') throw error;
    // Redis let go of them: a hold has ended whose order the relay has not failed yet.
    return refuse('unavailable', {
      detail: 'Units of general stock came free a moment ago, and the ledger has yet to hear of it.',
      retryAfterSeconds: 1,
    });
  }
}

/** A refusal undoes a transaction as a throw does, and is answered. */
async function undoable<R extends object>(
  connection: Postgres,
  broken: (failure: Error) => void,
  work: (transaction: Postgres) => Promise<R | Refusal>,
): Promise<R | Refusal> {
  let refusal: Refusal | undefined;
  try {
    return await transactionOn(connection, broken, async (transaction) => {
      const result = await work(transaction);
      if (!('kind' in result) || result.kind !== 'refused') return result;
      refusal = result as Refusal;
      throw new Error(refusal.code);
    });
  } catch (error) {
    if (refusal) return refusal;
    throw error;
  }
}

async function publishSoon(connection: Postgres, settlement: StockSettlement, log: Log): Promise<void> {
  try {
    await publishStock(connection, settlement);
  } catch (error) {
    log.warn({ reason: (error as Error).message }, 'a change of general stock is to be published later');
  }
}
