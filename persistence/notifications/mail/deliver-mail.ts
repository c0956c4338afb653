import type { MailKind } from '../../../engine/contracts/wire/mails.ts';
import type { Log } from '../../log.ts';
import type { Postgres } from '../../postgres/pool.ts';
import { statement } from '../../postgres/statement.ts';
import { jittered } from '../../queues/jitter.ts';
import type { RowOutcome } from '../../queues/row-queue.ts';
import { pausesMs } from '../pauses.ts';
import type { Smtp } from './smtp.ts';

interface ClaimedMail {
  order_id: string;
  kind: MailKind;
  refund_id: string;
  recipient: string;
  subject: string;
  body_text: string;
  body_html: string;
  attempt: number;
  order_status: string;
}

const claimMail = statement<ClaimedMail>('claim-mail');
const recordMailAttempt = statement('record-mail-attempt');

/** Longer than an attempt takes whose server answers now and then. */
const leaseMs = 120_000;

/**
 * Makes one attempt of a mail and commits what came of it. When the next one is due is in the row: the job is
 * done either way.
 *
 * A mail is sent once as far as SMTP allows. Whoever dies after the server took it and before that is committed
 * leaves a row that is due again when its lease ends, and the mail goes out a second time: with the same
 * Message-ID, by which mailboxes may recognise it. The other order would lose mails instead.
 */
export function mailDeliverer(on: Postgres, smtp: Smtp, log: Log) {
  return async (mailId: string): Promise<RowOutcome> => {
    const [mail] = await claimMail(on, [mailId, leaseMs]);
    if (!mail) return { kind: 'done' };
    const { attempt } = mail;
    // It waited until it was no longer true: meanwhile the order was paid with another card.
    if (mail.kind === 'payment_problem' && !['pending', 'failed'].includes(mail.order_status)) {
      await recordMailAttempt(on, [mailId, attempt, 'dropped', 0, 0, null, 'the order was paid meanwhile']);
      return { kind: 'done' };
    }
    const startedMs = performance.now();
    const { status, error, isRefused } = await smtp.send({
      recipient: mail.recipient,
      name: `${mail.kind}.${mail.refund_id || mail.order_id}`,
      ...{ subject: mail.subject, text: mail.body_text, html: mail.body_html },
    });
    const durationMs = Math.round(performance.now() - startedMs);
    const pauseMs = pausesMs[attempt - 1];
    const state = error === null ? 'sent' : isRefused || pauseMs === undefined ? 'failed' : 'pending';
    if (state === 'failed') log.warn({ mailId, orderId: mail.order_id, status }, 'a mail was given up');
    await recordMailAttempt(on, [mailId, attempt, state, jittered(pauseMs ?? 0), durationMs, status, error]);
    return { kind: 'done' };
  };
}
