import Type from 'typebox';
import { type DiscrepancyKind, discrepancyKinds } from '../discrepancies.ts';
import { nullable, reply, SaleOrStock, Timestamp } from './common.ts';

const Kind = Type.Enum(Object.keys(discrepancyKinds) as DiscrepancyKind[]);
const Subject = Type.String({
  description: 'the sale, SKU, reservation, order, payment, refund, return, buyer or seal that it is about',
});

export const Discrepancy = reply({ kind: Kind, subject: Subject, detail: Type.String() });

export const OpenDiscrepancy = reply({
  kind: Kind,
  subject: Subject,
  detail: Type.String(),
  foundAt: Timestamp,
  seenAt: Timestamp,
  triedAt: nullable(Timestamp),
  evidence: Type.Unknown({
    description:
      'what was known about the subject when it was found: order, payments, journal, ledger, Redis; every time in it is a timestamp as elsewhere',
  }),
});

export const Repair = reply({ kind: Kind, subject: Subject, done: Type.String(), repairedAt: Timestamp });

/** What is open about a sale, and what was repaired. */
export const SaleDiscrepancies = reply({
  saleId: SaleOrStock,
  open: Type.Array(OpenDiscrepancy),
  repairs: Type.Array(Repair, { description: 'the newest hundred' }),
});
export type SaleDiscrepancies = Type.Static<typeof SaleDiscrepancies>;

export const Reconciled = reply({
  saleId: SaleOrStock,
  redis: Type.Enum(['compared', 'away', 'lost'], {
    description: 'away: only Postgres was looked at; lost: Redis did not have the sale, or nothing readable',
  }),
  found: Type.Array(Discrepancy, { description: 'all that did not agree, before anything was repaired' }),
  repaired: Type.Array(reply({ kind: Kind, subject: Subject, detail: Type.String(), done: Type.String() })),
  open: Type.Array(OpenDiscrepancy),
});
export type Reconciled = Type.Static<typeof Reconciled>;
