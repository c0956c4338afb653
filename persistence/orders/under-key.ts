import { createHash } from 'node:crypto';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { KeyedOutcome } from '../../engine/contracts/fulfilment.ts';
import type { OrderId } from '../../engine/contracts/ids.ts';
import { metAnother } from '../postgres/errors.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { inTransaction } from '../postgres/transaction.ts';
import { answerOfKey } from './known-payment.ts';
import { type LockedOrder, lockOrder } from './locked-order.ts';

export interface KeyedRequest {
  /** Who asks; a key is theirs alone. */
  callerId: string;
  operation: 'cancel' | 'return' | 'refund';
  key: string;
  orderId: OrderId;
  buyerId: string;
  /** What is asked for, in one canonical order; another content under the same key is refused. */
  content: readonly unknown[];
}

type Decide<Body> = (
  transaction: Postgres,
  order: LockedOrder,
) => Promise<{ status: number; body: Body } | Refusal>;

const readStoredOutcome = statement<{
  fingerprint: string;
  status: number | null;
  body: Record<string, unknown> | null;
  next_action: null;
}>('read-stored-outcome');
const storeOutcome = statement('store-outcome');

/** One that met another request under its key finds the other's answer the second time. */
const attemptsMax = 3;

/**
 * Changes orders once per idempotency key: the change and its answer are one commit. What is refused changed
 * nothing and is not kept, so the same key may succeed later. Two requests under one key in this process: the
 * second is `idempotency_key_in_use`; in two processes it waits for the first and gets its answer.
 */
export function changesUnderKeys(on: PostgresPool) {
  const open = new Set<string>();

  async function attempt<Body>(request: KeyedRequest, decide: Decide<Body>): Promise<KeyedOutcome<Body>> {
    const { callerId, operation, key, orderId, buyerId } = request;
    const fingerprint = fingerprintOf(request);
    return inTransaction(on, async (transaction): Promise<KeyedOutcome<Body>> => {
      const order = await lockOrder(transaction, orderId, buyerId);
      if (!order) return refuse('order_not_found');
      const [stored] = await readStoredOutcome(transaction, [callerId, operation, key]);
      if (stored) {
        const answer = answerOfKey(stored, fingerprint);
        if (answer.kind === 'refused') return answer;
        return {
          kind: 'done',
          replayed: true,
          status: stored.status as number,
          body: stored.body as unknown as Body,
        };
      }
      const decided = await decide(transaction, order);
      if ('kind' in decided) return decided;
      const { status, body } = decided;
      await storeOutcome(transaction, [
        callerId,
        operation,
        key,
        fingerprint,
        orderId,
        status,
        JSON.stringify(body),
      ]);
      return { kind: 'done', replayed: false, status, body };
    });
  }

  return async <Body extends object>(
    request: KeyedRequest,
    decide: Decide<Body>,
  ): Promise<KeyedOutcome<Body>> => {
    const exchange = JSON.stringify([request.callerId, request.operation, request.key]);
    if (open.has(exchange)) return refuse('idempotency_key_in_use', { retryAfterSeconds: 1 });
    open.add(exchange);
    try {
      for (let made = 1; ; made += 1) {
        try {
          return await attempt(request, decide);
        } catch (error) {
          if (!metAnother(error) || made === attemptsMax) throw error;
        }
      }
    } finally {
      open.delete(exchange);
    }
  };
}

const fingerprintOf = ({ orderId, content }: KeyedRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([orderId, ...content]))
    .digest('hex');
