import Type from 'typebox';
import { saleStates } from '../states.ts';
import { Item, Moment, Money, Name, nullable, reply, request, Timestamp, unitsMax } from './common.ts';

const Title = Type.String({ minLength: 1, maxLength: 200 });

export const methods = ['none', 'fifo', 'queue', 'lottery'] as const;
export const Method = Type.Enum([...methods]);
export type Method = (typeof methods)[number];

export const SaleState = Type.Enum(Object.keys(saleStates) as (keyof typeof saleStates)[]);

export const SaleItem = reply({
  sku: Name,
  title: Type.String(),
  price: Money,
  units: Type.Integer(),
  available: Type.Integer(),
  held: Type.Integer({ description: 'held, and being paid' }),
  sold: Type.Integer(),
});

export const Beacon = reply({
  source: Type.String({ minLength: 1, maxLength: 200 }),
  round: Type.Integer({ minimum: 0 }),
  at: Type.String(),
  value: nullable(Type.String()),
});

export const Sale = reply({
  id: Name,
  title: Type.String(),
  state: SaleState,
  waitingOpensAt: Timestamp,
  opensAt: Timestamp,
  closesAt: Timestamp,
  perBuyerLimit: Type.Integer(),
  items: Type.Array(SaleItem),
  waitingRoom: reply({
    method: Method,
    entrants: Type.Integer(),
    preEntrants: nullable(Type.Integer()),
    serving: Type.Integer(),
    perMinute: Type.Integer(),
    seedCommitment: Type.String(),
    seed: nullable(Type.String()),
    beacon: nullable(Beacon),
    entrantsRoot: nullable(Type.String()),
    challenge: nullable(reply({ difficulty: Type.Integer() })),
  }),
});
export type Sale = Type.Static<typeof Sale>;

export const SaleList = reply({ data: Type.Array(Sale), nextCursor: nullable(Type.String()) });

export const CreateSale = request({
  id: Name,
  title: Title,
  items: Type.Array(
    request({
      sku: Name,
      title: Title,
      price: Money,
      units: Type.Integer({ minimum: 0, maximum: unitsMax }),
    }),
    { minItems: 1, maxItems: 100 },
  ),
  waitingOpensAt: Type.Optional(Moment),
  opensAt: Moment,
  closesAt: Moment,
  method: Method,
  perBuyerLimit: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  holdSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  claimSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  perMinute: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
});
export type CreateSale = Type.Static<typeof CreateSale>;

export const ReserveItems = Type.Array(Item, { minItems: 1, maxItems: 100 });

const nonNegative = Type.Integer({ minimum: 0 });

export const Audit = reply({
  saleId: Name,
  state: SaleState,
  epoch: Type.Integer(),
  items: Type.Array(
    reply({
      sku: Name,
      units: nonNegative,
      available: nonNegative,
      held: nonNegative,
      paying: nonNegative,
      sold: nonNegative,
      committed: nonNegative,
    }),
  ),
  standby: nonNegative,
  orders: reply({
    confirmed: nonNegative,
    pending: nonNegative,
    failed: nonNegative,
    cancelled: nonNegative,
  }),
  oversold: nonNegative,
  undersold: nonNegative,
  ledger: reply({ sold: nonNegative, balanced: Type.Boolean(), sealedThrough: nullable(Type.String()) }),
  payments: reply({
    captured: nonNegative,
    refunded: nonNegative,
    withoutOrder: nonNegative,
    duplicated: nonNegative,
  }),
  relay: reply({ lagEntries: nonNegative, lagMs: nonNegative }),
  discrepancies: Type.Array(reply({ kind: Type.String(), subject: Type.String(), detail: Type.String() })),
});
export type Audit = Type.Static<typeof Audit>;
