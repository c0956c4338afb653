import type { AtCrashPoint } from '../../engine/contracts/crash-points.ts';
import type { PaymentId, RefundId } from '../../engine/contracts/ids.ts';
import { ticketWriter } from '../../engine/index.ts';
import { Draws } from '../draw/draws.ts';
import { deliverer } from '../notifications/deliver.ts';
import { mailDeliverer } from '../notifications/mail/deliver-mail.ts';
import type { Smtp } from '../notifications/mail/smtp.ts';
import type { SendingOptions } from '../notifications/send-webhook.ts';
import { paymentReader } from '../payments/payment-row.ts';
import { settlementsOn } from '../payments/settlements.ts';
import { providersIn, type WatchedProvider } from '../providers/choice.ts';
import type { PutOff, RowOutcome } from '../queues/row-queue.ts';
import { refunder } from '../refunds/execute-refund.ts';
import { claimsOn } from '../saga/claims.ts';
import { type Followed, paymentSaga } from '../saga/saga.ts';
import { slowPassesOf } from '../slow/passes.ts';
import { toldIfThere } from '../slow/told-if-there.ts';
import { holdSettlement } from './hold-settlement.ts';
import { type PassParts, passesOf } from './passes.ts';
import type { Pass } from './repeating.ts';

export interface WorkParts extends Omit<PassParts, 'holds' | 'draws' | 'providerNamed'> {
  /** In the order in which they are asked. */
  providers: readonly WatchedProvider[];
  /** Writes the tickets of entrants again, which their draw commits to. */
  tokenSecret: string;
  sending: SendingOptions;
  /** Null: buyers get no mail. */
  smtp: Smtp | null;
  at: AtCrashPoint;
  /** Instead of those below. */
  times: Partial<SagaTimes>;
}

/** What a worker does; what wakes it is somebody else's. All of it is safe to repeat, by anybody. */
export interface Work {
  follow(paymentId: PaymentId): Promise<Followed>;
  refund(refundId: RefundId): Promise<RowOutcome>;
  deliver(deliveryId: string): Promise<RowOutcome | PutOff>;
  /** Null where buyers get no mail. */
  mail: ((mailId: string) => Promise<RowOutcome>) | null;
  passes: readonly Pass[];
  /** Those that go by how long Redis is away, and for what sells meanwhile. */
  slowPasses: readonly Pass[];
}

const sagaTimes = {
  /** How long a claim may wait for its turn at the provider. */
  turnMsMax: 3_000,
  /** How long a buyer may take at their bank. */
  actionMs: 300_000,
  /** An outcome that stays unknown for longer, since it was asked for, is for a person to decide. */
  unresolvedAfterMs: 120_000,
};
export type SagaTimes = typeof sagaTimes;

/** Puts the durable half's work together on the stores, queues and providers that it is given. */
export function workOf(parts: WorkParts): Work {
  const { rows, reports, settlement, tokenSecret, sending, smtp, log, at } = parts;
  const holds = holdSettlement(settlement);
  const providers = providersIn(parts.providers);
  const times = { ...sagaTimes, ...parts.times };
  // Until its turn at the provider has come, and the answers have that it may have to wait for one after the other:
  // nothing is sent that might be answered later. Whoever looks for an old charge first may need a second claim.
  const leaseMs = times.turnMsMax + Math.max(...parts.providers.map((provider) => provider.chargeMsMax));
  const saga = {
    claims: claimsOn(rows, { ...times, leaseMs, first: providers.first }),
    providers,
    settlements: settlementsOn(rows, log),
    read: paymentReader(rows),
    log,
    at,
    unresolvedAfterMs: times.unresolvedAfterMs,
  };
  return {
    follow: paymentSaga({ ...saga, holds, push: settlement.push }),
    refund: refunder({ on: rows, providerNamed: providers.named, log }),
    deliver: deliverer(rows, sending, log),
    mail: smtp && mailDeliverer(rows, smtp, log),
    passes: passesOf({
      ...parts,
      providerNamed: providers.named,
      holds,
      draws: new Draws({ rows, reports, settlement, write: ticketWriter(tokenSecret), log }),
    }),
    slowPasses: slowPassesOf({
      ...{ rows, reports, settlement, log },
      follow: paymentSaga({ ...saga, ...toldIfThere(holds, settlement.push) }),
    }),
  };
}
