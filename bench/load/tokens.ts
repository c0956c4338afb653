import { createSigner } from 'fast-jwt';

/** No run may take longer: so long last the tokens of its buyers, and in the bench its sales and their holds. */
export const longestRunMs = 12 * 3_600_000;

/** Signs buyers' tokens, as an identity provider that shares AUTH_SECRET would. About 150,000/s a core. */
export function tokenSigner(authSecret: string): (claims: { sub: string; role?: string }) => string {
  return createSigner({ key: authSecret, algorithm: 'HS256', expiresIn: longestRunMs });
}
