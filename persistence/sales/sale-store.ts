import type { SaleStore } from '../../engine/contracts/ports.ts';
import type { Settlement } from '../../engine/surface.ts';
import { auditSale } from '../audit/audit-sale.ts';
import { giveBeacon } from '../draw/give-beacon.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { commandSale } from './command-sale.ts';
import { createSale } from './create-sale.ts';
import { inviteBuyers } from './invite-buyers.ts';
import { patchSale } from './patch-sale.ts';

const findSale = statement<{ id: string }>('find-sale');

/**
 * The operator's durable operations on sales: rows first, then Redis. The plans of `on` go through keys, those
 * of `reports` through statistics.
 */
export const saleStoreOn = (
  on: PostgresPool,
  reports: PostgresPool,
  settlement: Settlement,
  log: Log,
): SaleStore => ({
  create: (sale) => createSale(on, settlement, log, sale),
  has: async (saleId) => (await findSale(on, [saleId])).length > 0,
  command: (saleId, command) => commandSale(on, settlement, log, saleId, command),
  patch: (saleId, changes) => patchSale(on, settlement, log, saleId, changes),
  invite: (saleId, buyerIds) => inviteBuyers(on, settlement, log, saleId, buyerIds),
  giveBeacon: (saleId, value) => giveBeacon(on, settlement, log, saleId, value),
  audit: (saleId) => auditSale({ rows: on, reports, settlement, log }, saleId),
});
