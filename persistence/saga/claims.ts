import type { PaymentId } from '../../engine/contracts/ids.ts';
import type { PaymentRow } from '../payments/payment-row.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';

/** A payment as `claim-payments.sql` selects it. */
export interface PaymentSeen extends PaymentRow {
  payment_tokens: Record<string, string> | null;
  provider: string | null;
  provider_reference: string | null;
  next_action: { type: 'redirect'; url: string } | null;
  action_until: Date | null;
  unresolved: string | null;
  /** When its key was first seen to be over. */
  key_over_at: Date | null;
  was_asked: string | null;
  /** Null, as are `asked_at` and `fence`, where somebody else acts on it or nobody has to. */
  asked: string | null;
  /** Since when its provider may have been asked. */
  asked_at: Date | null;
  fence: number | null;
  waits_until: Date;
}

/** A payment that this worker acts on, alone, while its lease lasts. */
export interface Claim extends PaymentSeen {
  asked: string;
  asked_at: Date;
  fence: number;
  /** By `performance.now()`, which goes on while a process sleeps: afterwards others may act. */
  leaseUntilMs: number;
}

export interface Release {
  /** Certain that nobody was asked under this claim. */
  isUnasked: boolean;
  /** When somebody looks again. */
  pauseMs: number;
  /** Why a person has to decide; null where none has to, or not any more. */
  unresolved: string | null;
  /** The provider repeats a failure for it. */
  isKeyOver: boolean;
}

export interface AwaitedBuyer {
  claim: Claim;
  provider: string;
  providerReference: string;
  url: string;
}

const claimPayments = statement<PaymentSeen>('claim-payments');
const releasePayments = statement<{ payment_id: string }>('release-payments');
const awaitBuyers = statement<{ payment_id: string }>('await-buyers');

const sizeMax = 500;

export const isClaim = (seen: PaymentSeen | Claim): seen is Claim => seen.fence !== null;

/**
 * Lease and fence on Postgres, grouped: what is claimed at the same time is one statement. A claim takes the
 * place of the read that a charge needs anyway, so it costs no round trip.
 */
export function claimsOn(on: Postgres, options: { leaseMs: number; first: string; actionMs: number }) {
  const { leaseMs, first, actionMs } = options;

  const claim = gather<{ paymentId: PaymentId; preferred: string }, PaymentSeen | Claim | null>(
    async (asked) => {
      const leaseUntilMs = performance.now() + leaseMs;
      const [ids, preferred] = columns(asked, ['paymentId', 'preferred']);
      const rows = await claimPayments(on, [ids, preferred, leaseMs, first]);
      const seen = new Map(rows.map((row) => [row.payment_id, row]));
      return asked.map(({ paymentId }) => {
        const row = seen.get(paymentId);
        return row === undefined ? null : row.fence === null ? row : ({ ...row, leaseUntilMs } as Claim);
      });
    },
    { sizeMax, namesOf: ({ paymentId }) => [paymentId] },
  );

  const release = gather<Release & { claim: Claim }, void>(
    async (released) => {
      await releasePayments(on, [
        released.map((one) => one.claim.payment_id),
        released.map((one) => one.claim.fence),
        released.map((one) => one.isUnasked),
        released.map((one) => one.pauseMs),
        released.map((one) => one.unresolved),
        released.map((one) => one.isKeyOver),
      ]);
      return released.map(() => undefined);
    },
    { sizeMax, namesOf: (one) => [one.claim.payment_id] },
  );

  const awaitBuyer = gather<AwaitedBuyer, boolean>(
    async (waiting) => {
      const rows = waiting.map(({ claim, ...rest }) => ({
        ...rest,
        paymentId: claim.payment_id,
        fence: claim.fence,
      }));
      const written = await awaitBuyers(on, [
        ...columns(rows, ['paymentId', 'fence', 'provider', 'providerReference', 'url']),
        actionMs,
        lookAgainMs,
      ]);
      const ids = new Set(written.map((row) => row.payment_id));
      return waiting.map((one) => ids.has(one.claim.payment_id));
    },
    { sizeMax, namesOf: (one) => [one.claim.payment_id] },
  );

  return { claim, release: (of: Claim, how: Release) => release({ ...how, claim: of }), awaitBuyer };
}

export type Claims = ReturnType<typeof claimsOn>;

/** A payment that waits for its buyer is looked at this often, beside the provider's webhooks. */
export const lookAgainMs = 5_000;
