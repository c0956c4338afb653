/** What a run of the model test begins with. Times in ms; opening and closing are relative to the start. */
export interface SaleSetup {
  method: 'none' | 'fifo';
  /** Sold through carts, as general stock is: nobody reserves, and no buyer has a limit. */
  isStock: boolean;
  units: Record<string, number>;
  perBuyerLimit: number;
  /** Already in the waiting room. */
  entrants: number;
  holdMs: number;
  claimMs: number;
  /** By how much a hold may be extended, once; 0 where it may not. */
  extendMs: number;
  perMinute: number;
  /** How many may check out at once; null where there is no such limit. */
  checkoutsAtOnceMax: number | null;
  opensInMs: number;
  closesInMs: number;
}
