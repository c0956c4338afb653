import { tokenSigner } from '../../load/tokens.ts';
import { demand } from '../failure.ts';
import type { BenchSale } from '../sales.ts';
import type { Subject } from '../subject.ts';

/** One buyer reserves in a sale without a waiting room and pays; resolves when the order is confirmed. */
export async function buyOne(subject: Subject, sale: BenchSale, buyerId: string): Promise<void> {
  const authorization = `Bearer ${tokenSigner(subject.authSecret)({ sub: buyerId })}`;
  const ask = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${subject.origin}${path}`, {
      method: 'POST',
      headers: { Authorization: authorization, 'Content-Type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    demand(response.status === 201, `${path} was answered ${response.status} ${text}`);
    return JSON.parse(text) as { checkoutId: string };
  };
  await sale.known(subject.origin);
  const { checkoutId } = await ask(sale.path, sale.body);
  await ask(
    `/api/v1/checkout/${checkoutId}/pay`,
    JSON.stringify({ paymentMethod: 'card', paymentToken: 'tok_visa' }),
    { 'Idempotency-Key': `pay-${checkoutId}`, Prefer: 'wait=30' },
  );
}
