import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { SaleConfig } from '../../engine/contracts/sale.ts';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { newSeed, seedCommitment } from '../../engine/index.ts';
import type { Log } from '../log.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { indexBlock } from '../reconciliation/index-leases.ts';
import { changeStock } from '../stock/change-stock.ts';
import type { StockSettlement } from '../stock/publish-stock.ts';
import { checkSale } from './check-sale.ts';
import { type PublishingSettlement, publish } from './publish.ts';
import { configOf, type SaleRow } from './sale-row.ts';

const createSaleRows = statement<{ number: number }>('create-sale');
const findSale = statement<{ id: string }>('find-sale');
const readSale = statement<SaleRow>('read-sale');

const exists = refuse('sale_exists', { field: 'id' });

/**
 * Creates a sale: its rows, its secret seed, its list and its first lease of indices in one commit, then Redis. A
 * sale whose rows are committed is created; where Redis is away, it is published when that is back. Units of SKUs
 * that general stock knows leave it in that commit; others come with the sale.
 * Refusals: `invalid_request` (with `field`), `sale_exists`, `insufficient_stock`, `unavailable`.
 */
export async function createSale(
  on: PostgresPool,
  settlement: PublishingSettlement & StockSettlement,
  log: Log,
  sale: CreateSale,
): Promise<{ kind: 'created'; config: SaleConfig } | Refusal> {
  const checked = checkSale(sale, Date.now());
  if ('kind' in checked) return checked;
  const isThere = async (rows: Postgres) => (await findSale(rows, [sale.id])).length > 0;
  if (await isThere(on)) return exists;
  const seed = newSeed();
  const values = [
    sale.id,
    sale.title,
    sale.method,
    sale.perBuyerLimit,
    sale.holdSeconds * 1_000,
    sale.claimSeconds * 1_000,
    sale.perMinute,
    checked.waitingOpensAtMs,
    checked.opensAtMs,
    checked.closesAtMs,
    seed,
    seedCommitment(seed),
    sale.method === 'none' ? 0 : indexBlock,
    sale.items.map((item) => item.sku),
    sale.items.map((item) => item.title),
    sale.items.map((item) => item.price.amount),
    sale.items.map((item) => item.price.currency),
    sale.items.map((item) => item.units),
    (sale.extendSeconds ?? 0) * 1_000,
    sale.tokens ?? 'private',
    checked.freezeMs,
    sale.beacon?.source ?? null,
    sale.beacon?.round ?? null,
    checked.beaconAtMs,
    sale.challenge?.difficulty ?? null,
    sale.checkoutsAtOnceMax ?? null,
    sale.invitations?.buyers ?? null,
    sale.whenRedisIsDown ?? 'refuse',
  ];
  const skus = sale.items.map(({ sku }) => sku);
  const created = await changeStock(on, settlement, log, skus, async (stock) => {
    // Whoever was at stock before may have created it, with the units that are missing now.
    if (await isThere(stock.connection)) return exists;
    const short = await stock.take(sale.items.map(({ sku, units }) => ({ sku, quantity: units })));
    if (short) return short;
    return stock.commit<{ kind: 'rows' }>(async (transaction) =>
      (await createSaleRows(transaction, values)).length === 0 ? exists : { kind: 'rows' },
    );
  });
  if (created.kind === 'refused') return created;
  const [row] = (await readSale(on, [sale.id])) as [SaleRow];
  try {
    await publish(on, settlement, row);
  } catch (error) {
    log.warn({ saleId: sale.id, reason: (error as Error).message }, 'a sale is to be published later');
  }
  return { kind: 'created', config: configOf(row) };
}
