import type { DiscrepancyKind } from './discrepancies.ts';
import type { Reconciled, SaleDiscrepancies } from './wire/discrepancies.ts';

/** How far the journal of a sale is behind Redis. */
export interface RelayLag {
  saleId: string;
  entries: number;
  /** Age of the oldest of them by the clock of whoever asks; 0 where there is none. */
  ms: number;
}

/** The operator's hand on reconciliation. */
export interface Reconciliation {
  /** Looks a sale through now, and repairs what is certain. Null where there is no such sale. */
  reconcile(saleId: string): Promise<Reconciled | null>;
  /** What was found and is there still, and what was repaired. Null where there is no such sale. */
  discrepancies(saleId: string): Promise<SaleDiscrepancies | null>;
  /** How many are open now, and how many were ever repaired, by sale and kind. */
  counts(): Promise<{ saleId: string; kind: DiscrepancyKind; open: number; repaired: number }[]>;
  /** Of every sale that lives. Throws where Redis is away. */
  relayLags(): Promise<RelayLag[]>;
}
