import { createVerifier, TOKEN_ERROR_CODES } from 'fast-jwt';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { BuyerId, type Role, roles } from '../../engine/contracts/wire/auth.ts';

/** Who is calling, as far as a token proves it. */
export interface Principal {
  kind: 'principal';
  buyerId: string;
  role: Role;
  expiresAtMs: number;
}

/** `unauthenticated` or `token_expired` where the token proves nothing; `unavailable` where the keys cannot be had. */
export type Authenticate = (token: string) => Principal | Refusal | Promise<Principal | Refusal>;

const Claims = Compile(
  Type.Object({ sub: BuyerId, exp: Type.Number(), role: Type.Optional(Type.Enum([...roles])) }),
);

/**
 * The header types of a login. Our tickets and purchase tokens carry types of their own, so that none of
 * them would log anybody in even where the keys were the same.
 */
const loginTypes = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

export const isLoginType = (typ: unknown): boolean =>
  typ === undefined || (typeof typ === 'string' && loginTypes.has(typ.toLowerCase()));

/** What a verified payload says, or why it cannot be a buyer. */
export function principalOf(payload: unknown): Principal | Refusal {
  if (!Claims.Check(payload)) {
    const claim = Claims.Errors(payload)[0];
    const name =
      claim?.keyword === 'required' ? claim.params.requiredProperties[0] : claim?.instancePath.slice(1);
    return refuse('unauthenticated', { detail: `The claim ${name} of the token is missing or not valid.` });
  }
  return {
    kind: 'principal',
    buyerId: payload.sub,
    role: payload.role ?? 'buyer',
    expiresAtMs: payload.exp * 1000,
  };
}

/** 43 characters carry 258 bits; the 2 beyond the 256 of the digest must be zero, or one token has four spellings. */
const isCanonical = (token: string): boolean => 'AEIMQUYcgkosw048'.includes(token.at(-1) ?? '-');

/** Buyers' tokens signed with HS256 and the secret that the store and Doorbuster share. */
export function authenticateWithSecret(secret: string): Authenticate {
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], complete: true });
  return (token) => {
    if (!isCanonical(token)) return refuse('unauthenticated', { detail: 'The token is not valid.' });
    try {
      const { header, payload } = verify(token);
      if (!isLoginType(header.typ)) {
        return refuse('unauthenticated', { detail: 'A token of this type logs nobody in.' });
      }
      return principalOf(payload);
    } catch (error) {
      const isExpired = (error as { code?: string }).code === TOKEN_ERROR_CODES.expired;
      return isExpired
        ? refuse('token_expired')
        : refuse('unauthenticated', { detail: 'The token is not valid.' });
    }
  };
}

const bearer = /^Bearer +([\w.~+/=-]+)$/i;

/** The token of an `Authorization` header. */
export function bearerToken(header: string): string | Refusal {
  const token = bearer.exec(header)?.[1];
  if (token) return token;
  return refuse('unauthenticated', {
    detail: header === '' ? 'Send Authorization: Bearer <JWT>.' : 'Authorization must be Bearer <JWT>.',
  });
}
