import { maskedEmail } from '../../../engine/contracts/email-address.ts';
import { refuse } from '../../../engine/contracts/errors.ts';
import type { Mails } from '../../../engine/contracts/mails.ts';
import { endOfPage, pageOf } from '../../../engine/contracts/page.ts';
import type { Mail, MailKind } from '../../../engine/contracts/wire/mails.ts';
import type { Postgres } from '../../postgres/pool.ts';
import { statement } from '../../postgres/statement.ts';
import { type AttemptRow, attemptOf } from '../attempt-row.ts';

interface MailRow {
  mail_id: string;
  order_id: string;
  kind: MailKind;
  refund_id: string;
  recipient: string;
  subject: string;
  state: Mail['status'];
  next_attempt_at: Date;
  created_at: Date;
  attempts: AttemptRow[];
}

const readMails = statement<MailRow>('read-mails');
const resendMail = statement<{ mail_id: string }>('resend-mail');

/** What operators see and do of mails, on Postgres; a worker sends them. */
export function mailsOn(on: Postgres): Mails {
  return {
    async list(limit, cursor) {
      const before = endOfPage(cursor, isMailId);
      if (before.kind === 'refused') return before;
      const rows = await readMails(on, [null, before.name, limit + 1]);
      return pageOf(rows, limit, mailOf, (row) => row.mail_id);
    },

    async resend(mailId) {
      const [due] = await resendMail(on, [mailId]);
      const [row] = due ? await readMails(on, [mailId, null, 1]) : [];
      return row ? { kind: 'due', mail: mailOf(row) } : refuse('mail_not_found');
    },
  };
}

const isMailId = (text: string): boolean => /^mail_[0-9a-f]{32}$/.test(text);

const mailOf = (row: MailRow): Mail => ({
  mailId: row.mail_id,
  orderId: row.order_id,
  kind: row.kind,
  refundId: row.refund_id || null,
  to: maskedEmail(row.recipient),
  subject: row.subject,
  status: row.state,
  nextAttemptAt: row.state === 'pending' ? row.next_attempt_at.toISOString() : null,
  createdAt: row.created_at.toISOString(),
  attempts: row.attempts.map(attemptOf),
});
