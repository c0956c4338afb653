import { tokenSigner } from '../../../load/tokens.ts';
import { encoded, microsecondHistogram } from '../../load/histogram.ts';
import { type Hold, pay } from './checkout.ts';
import { demandStatus } from './connection.ts';
import { type Crowd, type CrowdCosts, sendCrowd } from './crowd.ts';
import { record } from './purchases.ts';

/** Makes the holds that `payments` pays; they are kept here, in this process. */
export interface Reservations extends Crowd {
  kind: 'reservations';
  saleId: string;
  sku: string;
  authSecret: string;
  prefix: string;
}

/** Pays all holds of a sale. */
export interface Payments extends Omit<Crowd, 'buyers'> {
  kind: 'payments';
  saleId: string;
  /** Whether a buyer waits until the order is confirmed, or only until it is durable. */
  waits: boolean;
}

export interface PaymentsResult extends CrowdCosts {
  paid: number;
  /** From when each was due to its answer; see `decoded`. */
  pay: string;
}

interface Buyer extends Hold {
  token: string;
}

/** By sale. */
const unpaid = new Map<string, Buyer[]>();

export async function reserveAll(setting: Reservations): Promise<{ held: number }> {
  const { saleId, sku, prefix } = setting;
  const sign = tokenSigner(setting.authSecret);
  const held: Buyer[] = [];
  await sendCrowd(setting, async (connection, number) => {
    const token = sign({ sub: `${prefix}-${number}` });
    const items = [{ sku, quantity: 1 }];
    const answer = await connection.post(token, `/api/v1/sales/${saleId}/reservations`, { items });
    demandStatus(answer, 201, 'reserve');
    const { checkoutId, purchaseToken } = answer.body() as unknown as Hold;
    held.push({ token, checkoutId, purchaseToken });
  });
  unpaid.set(saleId, held);
  return { held: held.length };
}

/** Throws on any answer that is not due. */
export async function payAll({ saleId, waits, ...crowd }: Payments): Promise<PaymentsResult> {
  const holds = unpaid.get(saleId) ?? [];
  unpaid.delete(saleId);
  const histogram = microsecondHistogram();
  const sent = await sendCrowd({ ...crowd, buyers: holds.length }, async (connection, number, dueMs) => {
    const { token, ...hold } = holds[number] as Buyer;
    await pay(connection, token, hold, waits);
    record(histogram, dueMs);
  });
  return { ...sent, paid: holds.length, pay: encoded(histogram) };
}
