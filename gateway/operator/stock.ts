import { refuse } from '../../engine/contracts/errors.ts';
import type { StockStore } from '../../engine/contracts/stock.ts';
import { namePattern } from '../../engine/contracts/wire/common.ts';
import { PutStock, StockItem } from '../../engine/contracts/wire/stock.ts';
import { type Route, route } from '../http/route.ts';

const path = '/api/v1/admin/stock/{sku}';
const tag = 'stock';
const isName = new RegExp(namePattern);

/** General stock: what carts sell, and what sales take their units from. */
export function stockRoutes(stock: StockStore): Route[] {
  return [
    route({
      method: 'GET',
      path,
      tag,
      summary: 'What general stock has of a SKU',
      access: 'admin',
      replies: { 200: { description: 'the SKU as it is now', schema: StockItem } },
      refusals: ['sku_not_found'],
      answer: async ({ params: { sku = '' } }) => {
        const item = await stock.find(sku);
        if (item === null)
          return refuse('sku_not_found', { detail: `General stock does not know "${sku}".` });
        return 'kind' in item ? item : { status: 200, body: item };
      },
    }),
    route({
      method: 'PUT',
      path,
      tag,
      summary: 'Say what general stock has of a SKU, and what it costs',
      description:
        '`units` are what is there and not sold, those that shoppers hold included: to have fewer than those is ' +
        'refused. What a return or a cancellation gave back counts as there once that is approved, so approve a return ' +
        'when the goods are there: while they are on their way into stock a count is `unavailable`, for a moment. What ' +
        'sales have taken out of stock is not counted. From then on sales take units of this SKU out of general ' +
        'stock, and give back what they did not sell.',
      access: 'admin',
      body: PutStock,
      replies: { 200: { description: 'the SKU as it is now', schema: StockItem } },
      refusals: ['units_in_use'],
      answer: async ({ params: { sku = '' }, body }) => {
        if (!isName.test(sku)) {
          return refuse('invalid_request', {
            field: 'sku',
            detail: 'A SKU is 1 to 64 lower-case letters, digits and dashes.',
          });
        }
        const outcome = await stock.put(sku, body);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.item };
      },
    }),
  ];
}
