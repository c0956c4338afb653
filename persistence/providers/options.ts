/** What an adapter is told about its provider. */
export interface AdapterOptions {
  /** As in `paymentTokens`, in the address of its webhooks, and in the ledger. */
  name: string;
  /** Where Stripe's API, or what speaks it, is. */
  url: string;
  apiKey?: string | undefined;
  captureMethod: 'automatic' | 'manual';
  /** Where a bank sends the buyer back to after 3-D Secure. */
  returnUrl?: string | undefined;
  /** How long an answer is waited for; afterwards its effect is unknown. */
  timeoutMs: number;
  /** Requests on their way at once; what is more waits its turn. */
  atOnceMax: number;
  /** How long after a charge the provider's list may not show it yet, also where the provider is in trouble. */
  listLagMs: number;
}
