/** Units that an opponent has to sell. */
export interface Stock {
  saleId: string;
  sku: string;
  units: number;
}

/** What a buyer asks for. */
export interface Hold {
  /** A new id, for the case that the hold is made. */
  id: string;
  saleId: string;
  buyerId: string;
  sku: string;
  quantity: number;
  deadlineMs: number;
}

/** A hold that was made, now or earlier by the same buyer: then `id` and `deadlineMs` are of the earlier one. */
export type Outcome = { kind: 'held'; fresh: boolean; id: string; deadlineMs: number } | { kind: 'sold_out' };

/** How an opponent keeps its stock. One live hold a buyer, never a unit too many, each with a deadline. */
export interface Store {
  sell(stock: Stock): Promise<void>;
  reserve(hold: Hold): Promise<Outcome>;
  /** What is gone from the stock, and how many holds there are: they have to be the same. */
  taken(stock: Stock): Promise<{ units: number; holds: number }>;
  close(): Promise<void>;
}
