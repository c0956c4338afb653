import type { RefundId } from '../../engine/contracts/ids.ts';
import type { PaymentProvider } from '../../engine/contracts/ports.ts';
import type { Settlement } from '../../engine/surface.ts';
import { forgetCarts } from '../carts/cart-store.ts';
import type { Draws } from '../draw/draws.ts';
import { sealOnce } from '../ledger/seal.ts';
import type { Log } from '../log.ts';
import { wakeDeliveries } from '../notifications/lost-deliveries.ts';
import { wakeMails } from '../notifications/mail/lost-mails.ts';
import type { MailOptions } from '../notifications/mail/mail.ts';
import { fanOutOnce } from '../notifications/outbox.ts';
import { relayAll } from '../outbox/relay.ts';
import type { PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import type { Heartbeat } from '../queues/heartbeat.ts';
import type { WakingPaymentQueue } from '../queues/payment-queue.ts';
import type { RowQueue } from '../queues/row-queue.ts';
import { forgetQuotes } from '../quotes/quote-store.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { leaseIndicesAhead } from '../reconciliation/index-leases.ts';
import { settleLapsedPins } from '../reconciliation/lapsed-pins.ts';
import { publishLateInvitations } from '../reconciliation/late-invitations.ts';
import { wakeLostPayments } from '../reconciliation/lost-payments.ts';
import { publishMissingSales } from '../reconciliation/missing-sales.ts';
import { noteProgress } from '../reconciliation/progress.ts';
import { confirmUnheardHolds } from '../reconciliation/unconfirmed-holds.ts';
import { repeatUnheardCommands } from '../reconciliation/unheard-commands.ts';
import { publishRevisions } from '../reconciliation/unpublished-revisions.ts';
import { wakeRefunds } from '../refunds/lost-refunds.ts';
import { reconcileInTurn } from '../repairs/reconcile.ts';
import { settleRestocks } from '../restocks/settle-restocks.ts';
import { actOnEvents } from '../saga/act-on-events.ts';
import { giveBackUnsold } from '../stock/give-back.ts';
import type { HoldSettlement } from './hold-settlement.ts';
import type { Pass } from './repeating.ts';

export interface PassParts {
  /** Plans through keys: what is written. */
  rows: PostgresPool;
  /** Plans through statistics: what is looked for. */
  reports: PostgresPool;
  settlement: Settlement;
  holds: HoldSettlement;
  draws: Draws;
  refunds: Pick<RowQueue<RefundId>, 'wake'>;
  deliveries: Pick<RowQueue<string>, 'wake'>;
  mails: Pick<RowQueue<string>, 'wake'>;
  /** Null: buyers get no mail. */
  mail: MailOptions | null;
  queue: Pick<WakingPaymentQueue, 'wakeAgain'>;
  providerNamed: (name: string) => PaymentProvider | undefined;
  heartbeat: Pick<Heartbeat, 'beat'>;
  log: Log;
}

interface LiveSaleRow {
  id: string;
  is_busy: boolean;
  takes_entrants: boolean;
}

const liveSales = statement<LiveSaleRow>('live-sales');

/** Longer than a charge takes, the wait for a provider that does not answer (5 s) included. */
const paymentLostAfterMs = 8_000;
const confirmationLostAfterMs = 3_000;
const saleLostAfterMs = 3_000;
const commandLostAfterMs = 3_000;
const revisionLostAfterMs = 3_000;
/** A little less than the minute that an operator is promised. */
const reconcileEveryMs = 55_000;

/**
 * Everything that runs again and again beside the jobs. Each worker runs all of it: every pass is written
 * so that any number of them at once do what one would.
 */
export function passesOf(parts: PassParts): Pass[] {
  const { rows, reports, settlement, holds, draws, queue, refunds, deliveries, heartbeat, log } = parts;
  const { mails, mail, providerNamed } = parts;
  let live: LiveSaleRow[] = [];

  /** A sale whose turn fails, because it is being rebuilt, does not keep the others waiting. */
  const inEachSale = (
    pass: (saleId: string) => Promise<unknown>,
    which: (sale: LiveSaleRow) => boolean = () => true,
  ) => {
    return async () => {
      const outcomes = await Promise.allSettled(live.filter(which).map((sale) => pass(sale.id)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    };
  };
  const relay = (saleId: string) => relayAll(rows, settlement, log, saleId);

  /** One sale after the other: each is read as a whole. */
  const reconcileAll = async () => {
    for (const { id } of live) {
      await reconcileInTurn({ rows, reports, settlement, queue, log }, id, reconcileEveryMs);
    }
  };

  const fanOutAll = async () => {
    while ((await fanOutOnce(rows, mail)).more);
  };

  return [
    [
      'live sales',
      500,
      async () => {
        live = await liveSales(reports, []);
      },
    ],
    ['epochs', 500, inEachSale((id) => followRedis({ rows, reports, settlement, log }, id))],
    ['relay of busy sales', 100, inEachSale(relay, (sale) => sale.is_busy)],
    ['relay', 1_000, inEachSale(relay, (sale) => !sale.is_busy)],
    [
      'index leases',
      250,
      inEachSale(
        (id) => leaseIndicesAhead(rows, settlement, id),
        (sale) => sale.takes_entrants,
      ),
    ],
    ['draws', 200, () => draws.runOnce()],
    ['lapsed pins', 2_000, inEachSale((id) => settleLapsedPins(rows, settlement, queue, log, id))],
    [
      'progress',
      500,
      inEachSale(
        (id) => noteProgress(rows, settlement, id),
        (sale) => sale.takes_entrants,
      ),
    ],
    ['missing sales', 2_000, () => publishMissingSales(rows, settlement, log, saleLostAfterMs)],
    ['unheard commands', 2_000, () => repeatUnheardCommands(reports, settlement, log, commandLostAfterMs)],
    ['late revisions', 2_000, () => publishRevisions(rows, settlement, log, revisionLostAfterMs)],
    ['late invitations', 1_000, () => publishLateInvitations(reports, rows, settlement, log)],
    ['lost payments', 2_000, () => wakeLostPayments(reports, queue, paymentLostAfterMs)],
    ['unconfirmed holds', 2_000, () => confirmUnheardHolds(rows, holds, log, confirmationLostAfterMs)],
    ['events of providers', 250, () => actOnEvents({ rows, reports, queue, refunds, providerNamed, log })],
    ['refunds', 500, () => wakeRefunds(reports, refunds)],
    ['returned units', 500, () => settleRestocks({ rows, reports, settlement, log })],
    ['unsold units', 1_000, () => giveBackUnsold({ rows, reports, settlement, log })],
    ['outbox', 300, fanOutAll],
    ['webhooks', 500, () => wakeDeliveries(reports, deliveries)],
    ...(mail ? [['mails', 500, () => wakeMails(reports, mails)] satisfies Pass] : []),
    ['old quotes', 600_000, () => forgetQuotes(rows)],
    ['old carts', 600_000, () => forgetCarts(rows)],
    ['reconciliation', 10_000, reconcileAll],
    ['ledger seals', 1_000, () => sealOnce(rows)],
    [
      'heartbeat',
      1_000,
      async () => {
        await rows.query('SELECT 1');
        await heartbeat.beat();
      },
    ],
  ];
}
