import { createSigner } from 'fast-jwt';
import { DevToken, DevTokenReply } from '../../engine/contracts/wire/auth.ts';
import type { NamedParties } from '../guard/authentication.ts';
import { type Route, route } from '../http/route.ts';

const dayInSeconds = 86_400;

/** What logins are signed with that this origin hands out by itself, and whom they name. */
export interface DevLogins extends NamedParties {
  secret: string;
}

/** Logs anybody in as anybody, so that a newcomer can try the sale with curl. Registered only while DEV_TOKENS is on. */
export function devTokenRoute({ secret, issuer, audience }: DevLogins): Route {
  const sign = createSigner({
    key: secret,
    algorithm: 'HS256',
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
  });
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
