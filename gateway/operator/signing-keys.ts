import Type from 'typebox';
import type { SigningKeyRotation } from '../../engine/contracts/ports.ts';
import { Nothing, nullable, reply, Timestamp } from '../../engine/contracts/wire/common.ts';
import { type Route, route } from '../http/route.ts';

const Rotation = reply({
  current: reply({
    kid: Type.String(),
    signsFrom: { ...Timestamp, description: 'until then the key is only published' },
  }),
  previous: nullable(reply({ kid: Type.String(), verifiesUntil: Timestamp })),
});

const iso = (ms: number) => new Date(ms).toISOString();

/** The operator's hand on the keys of public purchase tokens. */
export function signingKeyRoute(keys: SigningKeyRotation): Route {
  return route({
    method: 'POST',
    path: '/api/v1/admin/signing-keys/rotate',
    tag: 'signing keys',
    summary: 'Sign public purchase tokens with a new key from now on',
    description:
      'The new key is published at once and signs when caches of the key set have seen it. The one before it ' +
      'verifies until the last token that it signed has expired; until then a repeat changes nothing.',
    access: 'admin',
    body: Nothing,
    replies: {
      201: { description: 'a new key was made', schema: Rotation },
      200: { description: 'the last rotation is still under way', schema: Rotation },
    },
    answer: async () => {
      const { isFresh, current, previous } = await keys.rotate();
      return {
        status: isFresh ? 201 : 200,
        body: {
          current: { kid: current.kid, signsFrom: iso(current.signsFromMs) },
          previous: previous && { kid: previous.kid, verifiesUntil: iso(previous.verifiesUntilMs) },
        },
      };
    },
  });
}
