import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { PatchSale } from '../../engine/contracts/wire/sales.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { brokenFact } from '../postgres/errors.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { changeStock, type Stock } from '../stock/change-stock.ts';
import type { StockSettlement } from '../stock/publish-stock.ts';
import { checkPatch, type Revision } from './check-patch.ts';
import { publishRevision } from './publish-revision.ts';
import { type SaleRow, skusOf } from './sale-row.ts';

type Redis = StockSettlement & Pick<Settlement, 'configure' | 'reviseUnits'>;

const readSale = statement<SaleRow>('read-sale');
const announceRevision = statement<{ revision: number }>('announce-revision');
const reviseSale = statement<{ revision: number }>('revise-sale');
const reviseUnits = statement('revise-units');

const anotherChange = refuse('unavailable', {
  detail: 'Another change of this sale was under way; this one was undone.',
  retryAfterSeconds: 1,
});

const sellsSlowly = refuse('unavailable', {
  detail: 'The sale sells slowly, because Redis is away; it can be changed once it is back.',
  retryAfterSeconds: 2,
});

/**
 * Changes a sale while it lasts. What it gains is a row before Redis hears of it; units that it loses leave
 * Redis first, so that neither lock ever allows more than the other one has. SKUs that general stock knows gain from
 * it, and lose to it, in the same commit. All of it or nothing: a crash or
 * an outage on the way is finished, or undone, by `publishRevision`. While Redis is away it throws.
 * Refusals: `sale_not_found`, `invalid_request`, `sku_not_found`, `invalid_transition`, `units_in_use`,
 * `insufficient_stock`, `unavailable`.
 */
export async function patchSale(
  on: PostgresPool,
  settlement: Redis,
  log: Log,
  saleId: string,
  patch: PatchSale,
): Promise<{ kind: 'done' } | Refusal> {
  const [known] = await readSale(on, [saleId]);
  if (!known || saleId === generalStockId) return refuse('sale_not_found');
  if (known.mode === 'slow') return sellsSlowly;
  return changeStock(on, settlement, log, skusOf(known), async (stock) => {
    const [row] = (await readSale(stock.connection, [saleId])) as [SaleRow];
    const snapshot = await settlement.snapshot(saleId);
    if (!snapshot) return refuse('unavailable', { detail: 'Redis does not know the sale yet.' });
    const revision = checkPatch(row, snapshot, patch, Date.now());
    if ('kind' in revision) return revision;

    const refusal = await revise(stock, settlement, saleId, revision);
    try {
      const published = await publishRevision(stock, settlement, saleId);
      if (!refusal && published.kind === 'ended' && published.tookBack) {
        return refuse('invalid_transition', { detail: 'The sale has ended; its units are settled.' });
      }
      if (published.kind === 'lost' || published.kind === 'in_use') {
        log.warn({ saleId, reason: published.kind }, 'a change of a sale is to be published later');
      }
    } catch (error) {
      log.warn({ saleId, reason: (error as Error).message }, 'a change of a sale is to be published later');
    }
    return refusal ?? { kind: 'done' };
  });
}

/** Changes the rows, after Redis where units are lost. Null when that is done. */
async function revise(
  stock: Stock,
  settlement: Redis,
  saleId: string,
  revision: Revision,
): Promise<Refusal | null> {
  const { title, perMinute, opensAtMs, closesAtMs, units } = revision;
  const changed = units.map(({ sku, from, to }) => ({ sku, quantity: to - from }));
  const short = await stock.take(changed.filter(({ quantity }) => quantity > 0));
  if (short) return short;
  const lost = units.filter(({ from, to }) => to < from);
  let announced: number | null = null;
  if (lost.length > 0) {
    [{ revision: announced }] = (await announceRevision(stock.connection, [saleId])) as [
      { revision: number },
    ];
    for (const { sku, to } of lost) {
      const adjusted = await settlement.reviseUnits(saleId, announced, sku, to);
      if (adjusted.kind === 'overtaken') return anotherChange;
      if (adjusted.kind === 'refused') return adjusted;
    }
  }
  try {
    const revised = await stock.commit<{ kind: 'revised' }>(
      async (transaction) => {
        const values = [saleId, announced, title, perMinute, opensAtMs, closesAtMs];
        if ((await reviseSale(transaction, values)).length === 0) return anotherChange;
        await reviseUnits(transaction, [saleId, units.map(({ sku }) => sku), units.map(({ to }) => to)]);
        return { kind: 'revised' };
      },
      () =>
        changed
          .filter(({ quantity }) => quantity < 0)
          .map(({ sku, quantity }) => ({ sku, quantity: -quantity })),
    );
    return revised.kind === 'refused' ? revised : null;
  } catch (error) {
    if (brokenFact(error) !== 'committed_within_units') throw error;
    return refuse('units_in_use', { detail: 'More units are being paid or sold than would remain.' });
  }
}
