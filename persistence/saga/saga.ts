import type { AtCrashPoint } from '../../engine/contracts/crash-points.ts';
import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { confirmedAnswer, declinedAnswer, type FinalAnswer, lateAnswer } from '../payments/final-body.ts';
import type { PaymentRow } from '../payments/payment-row.ts';
import type { Captured, Declined, Settlements } from '../payments/settlements.ts';
import type { Providers } from '../providers/choice.ts';
import type { HoldSettlement } from '../workers/hold-settlement.ts';
import { afterBuyer, type Charged, chargeStep } from './charge.ts';
import { type Claim, type Claims, isClaim, lookAgainMs, type PaymentSeen } from './claims.ts';
import { teller } from './tell.ts';

/** Settled or waiting for its buyer, or to be tried again: why. */
export type Followed = { kind: 'done' } | { kind: 'open'; reason: string };

export interface SagaParts {
  claims: Claims;
  providers: Providers;
  settlements: Settlements;
  holds: HoldSettlement;
  /** A payment and its order as they are by now. */
  read: (paymentId: string) => Promise<PaymentRow | null>;
  push: Settlement['push'];
  log: Log;
  at: AtCrashPoint;
  /** An outcome that stays unknown for longer, since it was asked for, is for a person to decide. */
  unresolvedAfterMs: number;
}

const done: Followed = { kind: 'done' };
const open = (reason: string): Followed => ({ kind: 'open', reason });

/**
 * Follows a payment from wherever it stands to its end. The steps, each beside what undoes it:
 *
 * | step                   | where                | undone by                                          |
 * |------------------------|----------------------|----------------------------------------------------|
 * | pin the hold           | the desk             | `abandoned`, by it or at the lease's end; unpin    |
 * | begin (first commit)   | the desk             | declined: the order stays pending while it is held |
 * | charge, capture        | `charge.ts`          | void; once captured, a refund                      |
 * | settle (second commit) | `settlements.ts`     | a refund, begun in the same commit                 |
 * | confirm the hold, tell | `tell.ts`            | nothing: they follow from what is committed        |
 *
 * Safe to repeat at any time, by anybody: lease and fence decide who acts, the row where to go on.
 */
export function paymentSaga(parts: SagaParts) {
  const { claims, providers, settlements, push, log, at, unresolvedAfterMs } = parts;
  const tell = teller(parts);

  async function follow(paymentId: PaymentId, preferred: string): Promise<Followed> {
    const seen = await claims.claim({ paymentId, preferred });
    if (!seen) return done;
    if (seen.state !== 'initiated') return goOn(seen);
    if (!isClaim(seen)) return seen.next_action ? done : open('somebody else acts on it');
    at('charge:claimed');
    const provider = providers.named(seen.asked);
    if (!provider) return leave(seen, { reason: `the provider ${seen.asked} is not configured here` }, true);
    const step = seen.next_action ? afterBuyer(provider, at) : chargeStep(provider, at);
    return decide(seen, await step(seen));
  }

  function decide(claim: Claim, outcome: Charged): Promise<Followed> {
    switch (outcome.kind) {
      case 'captured':
        return settle(claim, 'captured', { ...outcome, provider: claim.asked, by: 'saga' });
      case 'declined':
        return settle(claim, 'declined', { ...outcome, provider: claim.asked, by: 'saga' });
      case 'requires_action':
        return waitForBuyer(claim, outcome);
      case 'unavailable':
        return claim.was_asked === null ? takeOver(claim, outcome.reason) : leave(claim, outcome);
      case 'unknown':
        return leave(claim, outcome);
    }
  }

  /** Nobody was asked: another provider may be, where the buyer has a token for it; else it waits its time. */
  async function takeOver(claim: Claim, reason: string): Promise<Followed> {
    const next = providers.after(claim.asked).find(({ name }) => claim.payment_tokens?.[name]);
    if (!next && claim.waits_until.getTime() <= Date.now()) {
      const declineCode = 'provider_unavailable';
      const outcome = { kind: 'declined', declineCode, providerReference: null } as const;
      return settle(claim, 'declined', { ...outcome, provider: null, by: 'saga', fence: claim.fence });
    }
    await claims.release(claim, { isUnasked: true, pauseMs: 0, unresolved: null, isKeyOver: false });
    return next ? follow(claim.payment_id, next.name) : open(reason);
  }

  /** Gives the claim back without an outcome: the provider may have been asked. */
  async function leave(
    claim: Claim,
    { reason, isKeyOver = false }: { reason: string; isKeyOver?: boolean },
    isForPerson = false,
  ): Promise<Followed> {
    // A payment may have waited for a provider to come back first, and its buyer has time of their own.
    const silentSince = claim.action_until ?? claim.asked_at;
    const isOld = Date.now() - silentSince.getTime() > unresolvedAfterMs;
    const unresolved = isForPerson || isOld ? reason : null;
    if (unresolved !== null && claim.unresolved === null) {
      log.error({ paymentId: claim.payment_id, reason }, 'a payment is for a person to decide');
    }
    const pauseMs = claim.next_action ? lookAgainMs : 0;
    await claims.release(claim, { isUnasked: false, pauseMs, unresolved, isKeyOver });
    return open(reason);
  }

  async function waitForBuyer(
    claim: Claim,
    { url, providerReference }: Extract<Charged, { kind: 'requires_action' }>,
  ): Promise<Followed> {
    if (claim.next_action) {
      await claims.release(claim, {
        isUnasked: false,
        pauseMs: lookAgainMs,
        unresolved: null,
        isKeyOver: false,
      });
      return done;
    }
    const isFirst = await claims.awaitBuyer({ claim, provider: claim.asked, providerReference, url });
    at('action:awaited');
    if (isFirst) {
      const { order_id: orderId, order_number: orderNumber, buyer_id: buyerId } = claim;
      const nextAction = { type: 'redirect', url };
      const body = { orderId, orderNumber, status: 'requires_action', nextAction };
      const { payment_id: paymentId } = claim;
      await push({ ev: 'order', buyerId, orderId, orderNumber, paymentId, status: 202, body });
    }
    return done;
  }

  async function settle(claim: Claim, as: 'captured', outcome: Captured): Promise<Followed>;
  async function settle(claim: Claim, as: 'declined', outcome: Declined): Promise<Followed>;
  async function settle(claim: Claim, as: 'captured' | 'declined', outcome: Captured | Declined) {
    const settled =
      outcome.kind === 'captured'
        ? await settlements.capture(claim, outcome)
        : await settlements.decline(claim, outcome);
    at(`settle:${as}`);
    if (settled.kind === 'settled') return told(claim, settled.answer);
    if (settled.kind === 'captured without order') return told(claim, lateAnswer(claim));
    return follow(claim.payment_id, claim.asked);
  }

  /** Somebody settled it: Redis and the buyer may still have to hear of it. */
  async function goOn(payment: PaymentSeen): Promise<Followed> {
    // An order that was cancelled after it was paid has told of that itself.
    if (payment.state === 'captured' && payment.order_status !== 'cancelled') {
      return told(
        payment,
        payment.order_status === 'failed' ? lateAnswer(payment) : confirmedAnswer(payment),
      );
    }
    if (payment.state === 'declined')
      return told(payment, declinedAnswer(payment, payment.decline_code ?? ''));
    return done;
  }

  async function told(payment: PaymentSeen, answer: FinalAnswer): Promise<Followed> {
    await tell(payment, answer);
    return done;
  }

  return async (paymentId: PaymentId): Promise<Followed> => {
    try {
      return await follow(paymentId, providers.preferred());
    } catch (error) {
      return open((error as Error).message);
    }
  };
}
