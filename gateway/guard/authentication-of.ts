import type { Settings } from '../../engine/contracts/settings.ts';
import { type Authenticate, authenticateWithSecret, type NamedParties } from './authentication.ts';
import { authenticateWithJwks } from './jwks.ts';
import { rememberingLogins } from './remembered-logins.ts';

/** Whose tokens log buyers and operators in: an identity provider's where one is named, else ours and the store's. */
export function authenticationOf(
  settings: Pick<Settings, 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE' | 'AUTH_SECRET'>,
): Authenticate {
  const { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_SECRET } = settings;
  if (AUTH_JWKS_URL) {
    return rememberingLogins(authenticateWithJwks(AUTH_JWKS_URL, AUTH_ISSUER ?? '', AUTH_AUDIENCE ?? ''));
  }
  if (!AUTH_SECRET) throw new RangeError('AUTH_SECRET: is required without AUTH_JWKS_URL');
  return rememberingLogins(authenticateWithSecret(AUTH_SECRET, partiesIn(settings)));
}

/** Whom logins have to name, as `iss` and as `aud`. */
export const partiesIn = (settings: Pick<Settings, 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>): NamedParties => ({
  issuer: settings.AUTH_ISSUER,
  audience: settings.AUTH_AUDIENCE,
});
