import Type from 'typebox';
import { saleStates } from '../states.ts';
import { BuyerId } from './auth.ts';
import {
  Item,
  Moment,
  Money,
  Name,
  nullable,
  reply,
  request,
  SaleOrStock,
  Timestamp,
  unitsMax,
} from './common.ts';
import { Discrepancy } from './discrepancies.ts';

const Title = Type.String({ minLength: 1, maxLength: 200 });
const Units = Type.Integer({ minimum: 0, maximum: unitsMax });
const PerMinute = Type.Integer({ minimum: 1, maximum: 100_000_000 });

export const methods = ['none', 'fifo', 'queue', 'lottery'] as const;
export const Method = Type.Enum([...methods]);
export type Method = (typeof methods)[number];

/** Who is to verify a sale's purchase tokens: Doorbuster alone, or any checkout that has the public keys. */
export const tokenKinds = ['private', 'public'] as const;
export type TokenKind = (typeof tokenKinds)[number];

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

/**
 * What a beacon's value may look like: 1 to 1,024 printable ASCII characters without blanks. Nothing that
 * can be typed in two ways and looks the same, because a second spelling would be a second draw.
 */
export const beaconValuePattern = '^[\\x21-\\x7e]{1,1024}$';

const beaconSource = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'who publishes it, and which field of what they publish',
});
const beaconRound = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const Beacon = reply({
  source: beaconSource,
  round: beaconRound,
  at: Timestamp,
  value: nullable(Type.String()),
});

export const Sale = reply({
  id: Name,
  title: Type.String(),
  state: SaleState,
  isSlow: Type.Optional(
    Type.Boolean({
      description: 'it sells slowly, because Redis is away: nobody can stand by, or extend a hold',
    }),
  ),
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
    byInvitation: Type.Boolean({ description: 'only who is on the list may join' }),
  }),
});
export type Sale = Type.Static<typeof Sale>;

export const SaleList = reply({ data: Type.Array(Sale), nextCursor: nullable(Type.String()) });

/** Of one request; a list may be of any length. */
export const invitedAtOnceMax = 10_000;
const Invited = Type.Array(BuyerId, {
  maxItems: invitedAtOnceMax,
  description: 'buyer ids, as `sub` of their tokens has them',
});

/** What a sale does while Redis is away. */
export const whenRedisIsDown = ['refuse', 'slow'] as const;

export const CreateSale = request({
  id: Name,
  title: Title,
  items: Type.Array(
    request({
      sku: Name,
      title: Title,
      price: Money,
      units: Type.Integer({ minimum: 1, maximum: unitsMax }),
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
  perMinute: PerMinute,
  extendSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 86_400,
      description:
        'how much longer a hold lasts when its buyer extends it, once; without it holds are not extended',
    }),
  ),
  tokens: Type.Optional(
    Type.Enum([...tokenKinds], {
      description: 'public: purchase tokens are signed with EdDSA, for any checkout to verify; else private',
    }),
  ),
  freezeSeconds: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 86_400,
      description:
        'how long before the opening the entrants of a draw are fixed; without it 10, or half of a shorter wait. A million take ten seconds to fix',
    }),
  ),
  beacon: Type.Optional(
    request({
      source: beaconSource,
      round: beaconRound,
      at: Moment,
    }),
  ),
  challenge: Type.Optional(
    request({ difficulty: Type.Integer({ minimum: 1, maximum: 32, description: 'leading zero bits' }) }),
  ),
  invitations: Type.Optional(
    request(
      { buyers: Invited },
      {
        description:
          'only these buyers may join; more can be invited later. Without it everybody may, and that stays so',
      },
    ),
  ),
  checkoutsAtOnceMax: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000_000,
      description: 'no more turns are called while so many buyers hold, pay or may still come',
    }),
  ),
  whenRedisIsDown: Type.Optional(
    Type.Enum([...whenRedisIsDown], {
      description:
        'refuse: nothing is sold while Redis is away, which is 503 with Retry-After; slow, of a sale without a ' +
        'waiting room: it goes on through row locks in Postgres. Without it: refuse',
    }),
  ),
});
export type CreateSale = Type.Static<typeof CreateSale>;

export const InviteBuyers = request({ buyers: Invited });
export type InviteBuyers = Type.Static<typeof InviteBuyers>;

/** What an operator may change while a sale lasts. */
export const PatchSale = request(
  {
    title: Type.Optional(Title),
    perMinute: Type.Optional(PerMinute),
    opensAt: Type.Optional(Moment),
    closesAt: Type.Optional(Moment),
    items: Type.Optional(Type.Array(request({ sku: Name, units: Units }), { minItems: 1, maxItems: 100 })),
  },
  { minProperties: 1 },
);
export type PatchSale = Type.Static<typeof PatchSale>;

export const GiveBeacon = request({
  value: Type.String({
    pattern: beaconValuePattern,
    description: 'character by character what the source published for the round',
  }),
});
export type GiveBeacon = Type.Static<typeof GiveBeacon>;

export const ReserveItems = Type.Array(Item, { minItems: 1, maxItems: 100 });

const nonNegative = Type.Integer({ minimum: 0 });

export const Audit = reply({
  saleId: SaleOrStock,
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
    refunded: nonNegative,
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
  discrepancies: Type.Array(Discrepancy),
});
export type Audit = Type.Static<typeof Audit>;
