import Type from 'typebox';
import { reply, request, Timestamp } from './common.ts';

export const roles = ['buyer', 'seller', 'admin'] as const;
export type Role = (typeof roles)[number];

export const buyerIdShape = '1 to 128 printable ASCII characters';

/**
 * Who a buyer is, to the byte, in hashes of Redis, keys of Postgres and HMACs. Beyond ASCII one name has several
 * spellings, and halves of surrogate pairs are all written as the same bytes: one buyer would be two, or two be one.
 */
export const BuyerId = Type.String({ pattern: '^[\\x20-\\x7e]{1,128}$', description: buyerIdShape });

/** Only served while DEV_TOKENS is on. */
export const DevToken = request({
  sub: BuyerId,
  role: Type.Optional(Type.Enum([...roles])),
  email: Type.Optional(Type.String({ maxLength: 254 })),
  name: Type.Optional(Type.String({ maxLength: 200 })),
  expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_592_000 })),
});
export type DevToken = Type.Static<typeof DevToken>;

export const DevTokenReply = reply({ token: Type.String(), expiresAt: Timestamp });
