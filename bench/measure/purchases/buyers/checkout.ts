import { demand } from '../../failure.ts';
import { type Connection, demandStatus } from './connection.ts';

/** What a buyer holds and has not paid. */
export interface Hold {
  checkoutId: string;
  purchaseToken: string;
}

/**
 * Pays a hold and waits for the outcome; throws `BrokenInvariant` unless it is confirmed. With `waits` false it is enough that
 * the order is durable.
 */
export async function pay(
  connection: Connection,
  token: string,
  { checkoutId, purchaseToken }: Hold,
  waits = true,
): Promise<void> {
  const paid = await connection.post(
    token,
    `/api/v1/checkout/${checkoutId}/pay`,
    { purchaseToken, paymentMethod: 'card', paymentToken: 'tok_visa' },
    [`Idempotency-Key: ${checkoutId}`, ...(waits ? ['Prefer: wait=30'] : [])],
  );
  demandStatus(paid, waits ? 201 : 202, 'pay');
  const due = waits ? 'confirmed' : 'pending';
  demand(paid.body().status === due, `pay was answered ${paid.text.slice(0, 600)}`);
}
