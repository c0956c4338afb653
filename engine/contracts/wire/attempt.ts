import Type from 'typebox';
import { nullable, reply, Timestamp } from './common.ts';

/** One attempt to tell somebody something, and what came of it; `statusIs` says whose code it was. */
export const attemptReply = (statusIs: string) =>
  reply({
    attempt: Type.Integer(),
    at: Timestamp,
    durationMs: Type.Integer(),
    status: nullable(Type.Integer({ description: `${statusIs}; null where there was none` })),
    error: nullable(Type.String()),
  });
export type Attempt = Type.Static<ReturnType<typeof attemptReply>>;
