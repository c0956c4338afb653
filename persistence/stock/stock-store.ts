import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isCurrency } from '../../engine/contracts/money.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { StockStore } from '../../engine/contracts/stock.ts';
import type { PutStock, StockItem } from '../../engine/contracts/wire/stock.ts';
import { newSeed, seedCommitment } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { SaleRow } from '../sales/sale-row.ts';
import { changeStock, type Stock } from './change-stock.ts';
import type { StockSettlement } from './publish-stock.ts';

const readSale = statement<SaleRow>('read-sale');
const openStock = statement('open-stock');
const listStock = statement('list-stock');
const lostReturns = statement<{ restock_id: string }>('lost-returns-to-stock');
const leftInEndedSales = statement<{ sale_id: string }>('left-in-ended-sales');

/** As long as a shopper may take to pay. */
const holdMs = 15 * 60_000;

/** Every decision about stock reads all of it: a reservation takes 7.5 ms with 500 SKUs, with one 0.9 ms. */
export const skusMax = 500;

/** What Redis has not taken for so long is left to a person (it shows in the audit), and no count waits for it. */
const refusedForMs = 5 * 60_000;

/** The operator's hand on general stock. `units` are what is there and not sold. */
export const stockStoreOn = (on: PostgresPool, settlement: StockSettlement, log: Log): StockStore => {
  async function find(sku: string): Promise<StockItem | null | Refusal> {
    const [row] = await readSale(on, [generalStockId]);
    const item = row?.items.find((candidate) => candidate.sku === sku);
    if (!item) return null;
    const count = (await settlement.snapshot(generalStockId))?.stock.find((one) => one.sku === sku);
    if (!count) return notPublished;
    const { available } = count;
    const held = count.held + count.paying;
    const price = { amount: item.priceMinor, currency: item.currency };
    return { sku, title: item.title, price, units: available + held, available, held };
  }

  return {
    find,

    async put(sku, wanted) {
      if (!isCurrency(wanted.price.currency)) return notACurrency;
      const kept = await changeStock(on, settlement, log, 'whatever it knows', (stock) =>
        put(stock, settlement, sku, wanted),
      );
      if (kept.kind === 'refused') return kept;
      const item = await find(sku);
      if (item === null || 'kind' in item) return notPublished;
      return { kind: 'stocked', item };
    },
  };
};

const notACurrency = refuse('invalid_request', {
  field: 'price.currency',
  detail: 'This is no currency of ISO 4217.',
});

const notKnown = refuse('unavailable', {
  detail: 'Redis does not know this SKU yet.',
  retryAfterSeconds: 1,
});

const notPublished = refuse('unavailable', {
  detail: 'What was said is kept; Redis does not know general stock yet.',
  retryAfterSeconds: 1,
});

const stillReturning = refuse('unavailable', {
  detail:
    'Units of this SKU are on their way back into general stock: returned, or left by a sale that has ended, once its ' +
    'last hold and payment have. Count them with the others once they are there.',
  retryAfterSeconds: 1,
});

async function put(
  stock: Stock,
  settlement: StockSettlement,
  sku: string,
  { title, price, units }: PutStock,
): Promise<{ kind: 'kept' } | Refusal> {
  const [row] = await readSale(stock.connection, [generalStockId]);
  const known = row?.items.find((candidate) => candidate.sku === sku);
  if (!known && row && row.items.length >= skusMax) {
    return refuse('invalid_request', { detail: `General stock holds at most ${skusMax} SKUs.` });
  }
  // A count may have these in it, and they would come to it once more. Before Redis is asked what is sold.
  const isReturning =
    (await lostReturns(stock.connection, [sku, refusedForMs])).length > 0 ||
    (await leftInEndedSales(stock.connection, [sku, refusedForMs])).length > 0;
  const sold = known ? await soldOf(settlement, sku) : 0;
  if (sold === null) return notKnown;
  // By the rows: a change that died, or is to be published later, has left another number in Redis.
  const gained = units + sold - (known?.units ?? 0);
  const list = async (transaction: Postgres) => {
    const seed = newSeed();
    await openStock(transaction, [holdMs, seed, seedCommitment(seed)]);
    await listStock(transaction, [sku, title, price.amount, price.currency]);
    return { kind: 'kept' as const };
  };
  stock.list(sku);
  if (gained !== 0 && isReturning) {
    // They come back to no SKU that stock does not know.
    if (!known) await stock.commit(list);
    return stillReturning;
  }
  const short = gained < 0 ? await stock.take([{ sku, quantity: -gained }]) : null;
  if (short?.code === 'insufficient_stock') {
    return refuse('units_in_use', {
      field: 'units',
      detail: `More than ${units} of ${sku} are being bought.`,
    });
  }
  if (short) return short;
  return stock.commit(list, () => (gained > 0 ? [{ sku, quantity: gained }] : []));
}

/** How much of a SKU is sold, of all the units that its row has; null where Redis does not know. */
async function soldOf(settlement: StockSettlement, sku: string): Promise<number | null> {
  const snapshot = await settlement.snapshot(generalStockId);
  return snapshot?.stock.find((one) => one.sku === sku)?.sold ?? null;
}
