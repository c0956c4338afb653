import { newId } from '../../../engine/contracts/ids.ts';
import type { Postgres } from '../../postgres/pool.ts';
import { columns, statement } from '../../postgres/statement.ts';
import type { Told } from '../outbox.ts';
import { composedMail } from './compose.ts';
import { type MailOptions, mailKindOf } from './mail.ts';

const addMails = statement('add-mails');

const names = [
  'mail_id',
  'buyer_id',
  'order_id',
  'kind',
  'refund_id',
  'recipient',
  'subject',
  'body_text',
  'body_html',
] as const;

/** Writes the mails that these events are worth; orders whose login named no address are told of elsewhere. */
export async function writeMails(
  transaction: Postgres,
  told: readonly Told[],
  options: Pick<MailOptions, 'orderUrl'>,
): Promise<void> {
  const mails = told.flatMap(({ row, order }) => {
    const kind = mailKindOf.get(row.type);
    if (!kind || !order?.buyer_email) return [];
    const { subject, text, html } = composedMail(kind, row.type, order, options);
    return [
      {
        ...{ mail_id: newId('mail'), kind, subject, body_text: text, body_html: html },
        ...{ buyer_id: order.buyer_id, order_id: order.order_id, refund_id: order.refund_id },
        recipient: order.buyer_email,
      },
    ];
  });
  if (mails.length > 0) await addMails(transaction, columns(mails, names));
}
