import type { Refusal } from './errors.ts';
import type { Page } from './page.ts';
import type { CreateEndpoint, Delivery, Endpoint, NewEndpoint } from './wire/webhooks.ts';

/** The operator's hand on outgoing webhooks. */
export interface Webhooks {
  endpoints(): Promise<Endpoint[]>;
  /** The only time that the secret is told. Refusal: `invalid_request` (an address that is not called). */
  create(endpoint: CreateEndpoint): Promise<{ kind: 'created'; endpoint: NewEndpoint } | Refusal>;
  /** Nothing is sent there any more; what was on its way has failed. Refusal: `endpoint_not_found`. */
  remove(endpointId: string): Promise<{ kind: 'removed' } | Refusal>;
  /** Newest first. `cursor` is the `nextCursor` of the page before; refusal where it is none: `invalid_request`. */
  deliveries(limit: number, cursor: string | null): Promise<Page<Delivery> | Refusal>;
  /**
   * Sends a delivery again, with the same message id. Refusals: `delivery_not_found`, `endpoint_not_found` where its
   * endpoint was removed.
   */
  replay(deliveryId: string): Promise<{ kind: 'due'; delivery: Delivery } | Refusal>;
}
