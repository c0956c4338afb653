import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import type { SaleCommand, Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { commandSlowly } from '../slow/command-slowly.ts';

const recordSaleCommand = statement<{ id: string }>('record-sale-command');

const unknownToRedis = refuse('unavailable', {
  detail: 'Redis does not know the sale at the moment; say it again.',
  retryAfterSeconds: 1,
});

/**
 * Opens, pauses, resumes or closes a sale by hand. To open and to close are decisions that are kept: they
 * are rows before Redis hears of them, and are said again to a Redis that was away.
 * Refusals: `sale_not_found`, `invalid_transition`, `unavailable` (Redis has lost it, and is being told again).
 */
export async function commandSale(
  on: PostgresPool,
  settlement: Pick<Settlement, 'command'>,
  log: Log,
  saleId: string,
  command: SaleCommand,
): Promise<{ kind: 'done'; state: SaleState } | Refusal> {
  if (saleId === generalStockId) return refuse('sale_not_found');
  const [known] = await recordSaleCommand(on, [saleId, command]);
  if (!known) return refuse('sale_not_found');
  // Where it sells slowly, the Redis that left says nothing about it, not even once it is back.
  const slowly = await commandSlowly(on, log, saleId, command);
  if (slowly) return slowly;
  const outcome = await settlement.command(saleId, command);
  return outcome.kind === 'refused' && outcome.code === 'sale_not_found' ? unknownToRedis : outcome;
}
