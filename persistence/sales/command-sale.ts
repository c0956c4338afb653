import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { generalStockId } from '../../engine/contracts/sale.ts';
import type { SaleCommand, Settlement } from '../../engine/surface.ts';
import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const recordSaleCommand = statement<{ id: string }>('record-sale-command');

/**
 * Opens, pauses, resumes or closes a sale by hand. To open and to close are decisions that are kept: they
 * are rows before Redis hears of them, and are said again to a Redis that was away.
 * Refusals: `sale_not_found`, `invalid_transition`.
 */
export async function commandSale(
  on: Postgres,
  settlement: Pick<Settlement, 'command'>,
  saleId: string,
  command: SaleCommand,
): Promise<{ kind: 'done' } | Refusal> {
  if (saleId === generalStockId) return refuse('sale_not_found');
  const [known] = await recordSaleCommand(on, [saleId, command]);
  if (!known) return refuse('sale_not_found');
  const outcome = await settlement.command(saleId, command);
  return outcome.kind === 'refused' ? outcome : { kind: 'done' };
}
