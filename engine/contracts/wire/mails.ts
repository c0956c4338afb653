import Type from 'typebox';
import { attemptReply } from './attempt.ts';
import { nullable, reply, Timestamp } from './common.ts';

/** What buyers get mail about: each once an order, and once a refund. */
export const mailKinds = ['confirmation', 'payment_problem', 'shipment', 'refund'] as const;
export type MailKind = (typeof mailKinds)[number];

export const Mail = reply({
  mailId: Type.String(),
  orderId: Type.String(),
  kind: Type.Enum([...mailKinds]),
  refundId: nullable(Type.String()),
  to: Type.String({ description: 'the first character of the address, and its domain' }),
  subject: Type.String(),
  status: Type.Enum(['pending', 'sent', 'failed', 'dropped'], {
    description: '`dropped`: it was no longer true when its turn came',
  }),
  nextAttemptAt: nullable(Timestamp),
  createdAt: Timestamp,
  attempts: Type.Array(attemptReply('reply code of the SMTP server')),
});
export type Mail = Type.Static<typeof Mail>;

export const MailList = reply({ data: Type.Array(Mail), nextCursor: nullable(Type.String()) });
