import type { Order } from '../../engine/contracts/wire/checkout.ts';
import type { SeenConfirmed } from '../load/tally.ts';
import { tokenSigner } from '../load/tokens.ts';

/** What came of asking for every order that a client was told is confirmed. */
export interface Proof {
  asked: number;
  /** Orders that Postgres knows as confirmed, captured, of that sale and that buyer. */
  found: number;
  /** Told to more than one buyer, or one buyer told of several. */
  repeated: string[];
  /** Told, but not there as told: the first few, with what is there instead. */
  missing: string[];
}

const askedAtOnce = 32;
const examplesMax = 5;

/** Asks for each order as its buyer, over the public API. */
export async function proveOrders(
  setting: { origin: string; authSecret: string; saleId: string },
  seen: readonly SeenConfirmed[],
): Promise<Proof> {
  const sign = tokenSigner(setting.authSecret);
  const proof: Proof = { asked: seen.length, found: 0, repeated: repeatsIn(seen), missing: [] };
  const queue = [...seen];
  const ask = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { buyerId, orderId } = next;
      const state = await orderState(setting, orderId, sign({ sub: buyerId }));
      if (state === 'as told') proof.found++;
      else if (proof.missing.length < examplesMax) proof.missing.push(`${orderId} of ${buyerId} is ${state}`);
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  return proof;
}

/** Orders and buyers that were told of more than once. */
export function repeatsIn(seen: readonly SeenConfirmed[]): string[] {
  const known = new Set<string>();
  const repeated = new Set<string>();
  for (const name of seen.flatMap(({ buyerId, orderId }) => [buyerId, orderId])) {
    if (known.has(name)) repeated.add(name);
    known.add(name);
  }
  return [...repeated];
}

async function orderState(
  { origin, saleId }: { origin: string; saleId: string },
  orderId: string,
  token: string,
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(`${origin}/api/v1/orders/${orderId}`, {
        headers: { Authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) {
        const order = (await response.json()) as Order;
        const isAsTold =
          order.orderId === orderId &&
          order.status === 'confirmed' &&
          order.paymentStatus === 'captured' &&
          order.saleId === saleId;
        return isAsTold ? 'as told' : `${order.status}, ${order.paymentStatus}, of sale ${order.saleId}`;
      }
      if (response.status < 500 && response.status !== 429) return `answered ${response.status}`;
      if (attempt === 5) return `answered ${response.status}`;
    } catch (error) {
      if (attempt === 5) return `not told: ${(error as Error).message}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
  }
}
