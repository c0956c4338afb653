import Type from 'typebox';
import type { SigningKeys } from '../../engine/contracts/ports.ts';
import { reply } from '../../engine/contracts/wire/common.ts';
import { type Route, route } from '../http/route.ts';

const Jwks = reply({
  keys: Type.Array(
    reply({
      kty: Type.Literal('OKP'),
      crv: Type.Literal('Ed25519'),
      x: Type.String({ description: 'the public key, base64url' }),
      kid: Type.String(),
      alg: Type.Literal('EdDSA'),
      use: Type.Literal('sig'),
    }),
  ),
});

/** What any checkout verifies public purchase tokens with, from memory. */
export function jwksRoute(keys: Pick<SigningKeys, 'published'>): Route {
  return route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    tag: 'documents',
    summary: 'The public keys of purchase tokens, as a JSON Web Key Set',
    description:
      'For sales with public tokens. A new key is here before it signs, and the one before it until its last ' +
      'token has expired; who meets a `kid` that is not in a saved set fetches it again.',
    access: 'public',
    cacheSeconds: 60,
    replies: { 200: { description: 'the key set', schema: Jwks } },
    answer: () => ({ status: 200, body: { keys: keys.published() } }),
  });
}
