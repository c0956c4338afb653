import Type from 'typebox';
import { reply, request, Timestamp } from './common.ts';

export const roles = ['buyer', 'seller', 'admin'] as const;
export type Role = (typeof roles)[number];

/** 1 to 128 printable characters. */
export const BuyerId = Type.String({ pattern: '^[\\x20-\\x7e]{1,128}$' });

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
