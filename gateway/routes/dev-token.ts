import { createSigner } from 'fast-jwt';
import { DevToken, DevTokenReply } from '../../engine/contracts/wire/auth.ts';
import { type Route, route } from '../http/route.ts';

const dayInSeconds = 86_400;

/** Logs anybody in as anybody, so that a newcomer can try the sale with curl. Registered only while DEV_TOKENS is on. */
export function devTokenRoute(authSecret: string): Route {
  const sign = createSigner({ key: authSecret, algorithm: 'HS256' });
  return route({
    method: 'POST',
    path: '/api/v1/auth/dev-token',
    tag: 'development',
    summary: 'A token for whoever you say you are',
    description:
      'Only where `DEV_TOKENS=on`. A token is valid for a day unless `expiresInSeconds` says otherwise.',
    access: 'public',
    body: DevToken,
    replies: { 201: { description: 'a login', schema: DevTokenReply } },
    answer: ({ body: { expiresInSeconds = dayInSeconds, ...claims } }) => {
      const exp = Math.floor(Date.now() / 1000) + expiresInSeconds;
      return {
        status: 201,
        body: { token: sign({ ...claims, exp }), expiresAt: new Date(exp * 1000).toISOString() },
      };
    },
  });
}
