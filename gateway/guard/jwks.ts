import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { refuse } from '../../engine/contracts/errors.ts';
import { type Authenticate, principalOf } from './authentication.ts';

/** Public keys only: a symmetric algorithm here would let the published key sign tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Keys are read again so often, and after so long where they could not be. */
const refreshMs = 600_000;
const retryMs = 30_000;

/** A provider that cannot be reached for longer than this is believed no more. */
const trustedMs = 86_400_000;

/**
 * The keys of a provider, read again behind the logins: one that is away on sale night keeps nobody out whose token
 * its known keys have signed. A key that is not known is asked for at once, at most every 30 s.
 */
function keysOf(url: string) {
  const keys = createRemoteJWKSet(new URL(url), { cacheMaxAge: trustedMs });
  let nextMs = Date.now() + refreshMs;
  const refresh = () => {
    if (Date.now() < nextMs) return;
    nextMs = Date.now() + retryMs;
    keys.reload().then(
      () => {
        nextMs = Date.now() + refreshMs;
      },
      () => {},
    );
  };
  return { keys, refresh };
}

/** Buyers' tokens of an identity provider, by its published keys; issuer and audience must be the configured ones. */
export function authenticateWithJwks(url: string, issuer: string, audience: string): Authenticate {
  const { keys, refresh } = keysOf(url);
  return async (token) => {
    refresh();
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
