import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isIdOf, orderIdOf } from '../../engine/contracts/ids.ts';
import type { PayOutcome } from '../../engine/contracts/outcomes.ts';
import type { OrderRequiresAction, Pay } from '../../engine/contracts/wire/checkout.ts';
import type { CheckoutDesk } from '../../engine/surface.ts';
import { isAbsence } from '../guard/absence.ts';
import { problemType } from '../http/refusal.ts';
import type { Reply } from '../http/route.ts';
import type { OutcomeWatch, WatchedOutcome } from './outcome-watch.ts';

export interface PayRequest {
  requestId: string;
  checkoutId: string;
  buyerId: string;
  /** Where the buyer gets mail about the order, or null. */
  email: string | null;
  idempotencyKey: string;
  body: Pay;
  /** How long to wait for the outcome; 0 answers as soon as the order is durable. */
  waitSeconds: number;
}

/** A push may get lost, its row does not: while waiting, the store is asked this often. */
const askAgainMs = 2_000;

/** The one way to pay, over HTTP and over the WebSocket. */
export class PaymentCounter {
  readonly #desk: Pick<CheckoutDesk, 'pay'>;
  readonly #outcomes: OutcomeWatch;

  constructor(desk: Pick<CheckoutDesk, 'pay'>, outcomes: OutcomeWatch) {
    this.#desk = desk;
    this.#outcomes = outcomes;
  }

  async pay(request: PayRequest): Promise<Reply | Refusal> {
    const { checkoutId, body, waitSeconds, ...caller } = request;
    if (!isIdOf('chk', checkoutId)) return refuse('checkout_not_found');
    const ask = () => this.#desk.pay({ ...caller, checkoutId, request: body });
    const watched = waitSeconds > 0 ? this.#outcomes.watch(orderIdOf(checkoutId)) : null;
    try {
      const first = await ask();
      const outcome =
        first.kind === 'pending' && first.order.status === 'pending' && watched
          ? await settled(first, watched, waitSeconds, ask)
          : first;
      return replyTo(outcome, waitSeconds);
    } finally {
      watched?.stop();
    }
  }
}

type Pending = Extract<PayOutcome, { kind: 'pending' }>;

/** Waits until the outcome is final, or the time is up. What is durable already is not made to fail by waiting. */
async function settled(
  pending: Pending,
  watched: WatchedOutcome,
  waitSeconds: number,
  ask: () => Promise<PayOutcome>,
): Promise<PayOutcome> {
  const untilMs = performance.now() + waitSeconds * 1000;
  for (;;) {
    const leftMs = untilMs - performance.now();
    if (leftMs <= 0) return pending;
    const push = await watched.next(Math.min(leftMs, askAgainMs));
    // A confirmed order is confirmed whoever paid it; a decline may be that of an earlier attempt.
    if (push?.status === 201)
      return { kind: 'final', replayed: pending.replayed, status: 201, body: push.body };
    if (push?.status === 202) return { ...pending, order: push.body as OrderRequiresAction };
    const again = await ask().catch((error: unknown) => {
      if (isAbsence(error)) return pending;
      throw error;
    });
    if (again.kind === 'final') return { ...again, replayed: pending.replayed };
    if (again.kind === 'pending' && again.order.status === 'requires_action') {
      return { ...pending, order: again.order };
    }
  }
}

function replyTo(outcome: PayOutcome, waitSeconds: number): Reply | Refusal {
  if (outcome.kind === 'refused') return outcome;
  const headers: Record<string, string> = {};
  if (outcome.replayed) headers['Idempotency-Replayed'] = 'true';
  if (waitSeconds > 0) headers['Preference-Applied'] = `wait=${waitSeconds}`;
  if (outcome.kind === 'pending') {
    headers.Location = `/api/v1/orders/${outcome.order.orderId}`;
    headers['Retry-After'] = '1';
    return { status: 202, body: outcome.order, headers };
  }
  if (outcome.status >= 400) headers['Content-Type'] = problemType;
  return { status: outcome.status, body: outcome.body, headers };
}
