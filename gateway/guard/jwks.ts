import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { refuse } from '../../engine/contracts/errors.ts';
import { type Authenticate, principalOf } from './authentication.ts';

/** Public keys only: a symmetric algorithm here would let the published key sign tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Buyers' tokens of an identity provider, by its published keys; issuer and audience must be the configured ones. */
export function authenticateWithJwks(url: string, issuer: string, audience: string): Authenticate {
  const keys = createRemoteJWKSet(new URL(url));
  return async (token) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, algorithms });
      return principalOf(protectedHeader, payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refuse('token_expired');
      // A refusal of the token has a code of its own; what is left is a key set that cannot be fetched or read.
      const isVerdict =
        error instanceof errors.JOSEError &&
        !(error instanceof errors.JWKSTimeout) &&
        !(error instanceof errors.JWKSInvalid) &&
        error.code !== 'ERR_JOSE_GENERIC';
      return isVerdict
        ? refuse('unauthenticated', { detail: 'The token is not valid.' })
        : refuse('unavailable', { detail: "The buyers' keys cannot be fetched.", retryAfterSeconds: 5 });
    }
  };
}
