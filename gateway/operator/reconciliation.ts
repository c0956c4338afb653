import { refuse } from '../../engine/contracts/errors.ts';
import type { Reconciliation } from '../../engine/contracts/reconciliation.ts';
import { Nothing } from '../../engine/contracts/wire/common.ts';
import { Reconciled, SaleDiscrepancies } from '../../engine/contracts/wire/discrepancies.ts';
import { type Route, route } from '../http/route.ts';

const tag = 'reconciliation';
const root = '/api/v1/admin/sales/{saleId}';

/**
 * What does not agree about a sale, and the hand that mends it. General stock, `_general`, is a sale here: what workers
 * leave to a person there is seen nowhere else.
 */
export function reconciliationRoutes(reconciliation: Reconciliation): Route[] {
  return [
    route({
      method: 'POST',
      path: `${root}/reconciliations`,
      tag,
      summary: 'Compare Redis, journal, orders and payments now, and repair what is certain',
      description:
        'Workers do the same every minute. Safe at any time: what is under way is no discrepancy, and what is not ' +
        'certain is left under `open`, with all that is known about it. General stock is compared as `_general`.',
      access: 'admin',
      body: Nothing,
      replies: { 200: { description: 'what was repaired, and what is left', schema: Reconciled } },
      refusals: ['sale_not_found'],
      answer: async ({ params: { saleId = '' } }) => {
        const reconciled = await reconciliation.reconcile(saleId);
        return reconciled ? { status: 200, body: reconciled } : refuse('sale_not_found');
      },
    }),
    route({
      method: 'GET',
      path: `${root}/discrepancies`,
      tag,
      summary: 'What is for a person to decide, and what was repaired',
      description: 'Of general stock, too, under the name `_general`.',
      access: 'admin',
      replies: { 200: { description: 'open discrepancies and repairs', schema: SaleDiscrepancies } },
      refusals: ['sale_not_found'],
      answer: async ({ params: { saleId = '' } }) => {
        const found = await reconciliation.discrepancies(saleId);
        return found ? { status: 200, body: found } : refuse('sale_not_found');
      },
    }),
  ];
}
