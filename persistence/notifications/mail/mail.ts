import type { MailKind } from '../../../engine/contracts/wire/mails.ts';

/** What a mail says, ready to be sent. */
export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

/** Where mails go through, and how they are signed. */
export interface MailOptions {
  /** `smtp://` or `smtps://`, with the credentials of the account; never logged. */
  smtpUrl: string;
  /** An address, or a name and an address in angle brackets. */
  from: string;
  /** Where a buyer sees an order, with `{orderId}` for its id; null: mails have no link. */
  orderUrl: string | null;
}

/** The mail that an event of the outbox is worth; the others are told to endpoints alone. */
export const mailKindOf: ReadonlyMap<string, MailKind> = new Map([
  ['order.confirmed', 'confirmation'],
  ['order.payment_declined', 'payment_problem'],
  ['order.failed', 'payment_problem'],
  ['order.shipped', 'shipment'],
  ['order.refunded', 'refund'],
]);
