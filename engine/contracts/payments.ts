import type { Refusal } from './errors.ts';
import type { Page } from './page.ts';
import type { Payment, SettlePayment } from './wire/payments.ts';

/** The operator's hand on payments whose outcome no machine could find out. */
export interface Payments {
  /** Oldest first. `cursor` is the `nextCursor` of the page before; refusal where it is none: `invalid_request`. */
  unresolved(limit: number, cursor: string | null): Promise<Page<Payment> | Refusal>;
  /**
   * Decides, for good: the order is confirmed or stays unpaid, and the buyer is told. Money that came after its
   * order had ended goes back. The same decision again changes nothing. Refusals: `payment_not_found`,
   * `invalid_transition` (settled otherwise, or not for a person), `payment_in_progress` (it is being asked
   * about at this moment), `invalid_request` (a reference is missing, or what was paid back past the provider),
   * `refund_exceeds_captured` (more was paid back than is left).
   */
  settle(
    paymentId: string,
    operatorId: string,
    request: SettlePayment,
  ): Promise<{ kind: 'settled'; payment: Payment } | Refusal>;
}
