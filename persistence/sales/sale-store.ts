import type { SaleStore } from '../../engine/contracts/ports.ts';
import type { Settlement } from '../../engine/surface.ts';
import { auditSale } from '../audit/audit-sale.ts';
import type { Log } from '../log.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { commandSale } from './command-sale.ts';
import { createSale } from './create-sale.ts';

export interface SaleStorePools {
  /** Its plans go through keys. */
  rows: PostgresPool;
  /** Its plans go through statistics. */
  reports: PostgresPool;
}

/** The operator's durable operations on sales: rows first, then Redis. */
export const saleStoreOn = (pools: SaleStorePools, settlement: Settlement, log: Log): SaleStore => ({
  create: (sale) => createSale(pools.rows, settlement, log, sale),
  command: (saleId, command) => commandSale(pools.rows, settlement, saleId, command),
  audit: (saleId) => auditSale(pools.reports, settlement, saleId),
});
