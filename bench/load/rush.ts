/** One process's part of a rush: all that it has to know, sent over IPC so that no secret is on a command line. */
export interface RushPart {
  /** Public origin, `http://host:port`. */
  origin: string;
  saleId: string;
  sku: string;
  /** How long the sale holds what was reserved. */
  holdMs: number;
  seed: number;
  /** Signs the buyers' tokens. */
  authSecret: string;
  /** Buyers `[from, to)` are this process's. */
  from: number;
  to: number;
  /** Everybody has come by then, counted from the beginning. */
  arrivalMs: number;
  /** Source address of the connections; null leaves it to the system. */
  localAddress: string | null;
}
