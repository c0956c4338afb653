import Type from 'typebox';
import { IdempotencyKey, Pay } from './checkout.ts';
import { Name, request } from './common.ts';
import { Reserve } from './reservations.ts';
import { Join } from './tickets.ts';

/** Chosen by the client, e.g. a count or a time; the answer repeats it. */
export const Ref = Type.Number();

const frame = <Op extends string, P extends Type.TProperties>(op: Op, properties: P) =>
  request({ op: Type.Literal(op), ref: Ref, ...properties });

/** Every frame that a client may send, by its `op`. The bodies are those of the HTTP routes. */
export const clientFrames = {
  auth: frame('auth', { token: Type.String({ minLength: 1, maxLength: 8192 }) }),
  watch: frame('watch', { saleId: Name }),
  unwatch: frame('unwatch', { saleId: Name }),
  join: frame('join', { saleId: Name, ...Join.properties }),
  leave: frame('leave', { saleId: Name }),
  reserve: frame('reserve', { saleId: Name, ...Reserve.properties }),
  release: frame('release', { reservationId: Type.String() }),
  pay: frame('pay', { checkoutId: Type.String(), idempotencyKey: IdempotencyKey, ...Pay.properties }),
  ping: frame('ping', {}),
} as const;

export type ClientOp = keyof typeof clientFrames;
export type ClientFrame<Op extends ClientOp> = Type.Static<(typeof clientFrames)[Op]>;
