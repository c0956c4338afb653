import { createVerifier, TOKEN_ERROR_CODES } from 'fast-jwt';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { emailAddressOf } from '../../engine/contracts/email-address.ts';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { hasCanonicalSignature } from '../../engine/contracts/signature.ts';
import { BuyerId, buyerIdShape, type Role, roles } from '../../engine/contracts/wire/auth.ts';

/** Who is calling, as far as a token proves it. */
export interface Principal {
  kind: 'principal';
  buyerId: string;
  role: Role;
  /** Where the buyer gets mail; null where the token names no address that mail can be sent to. */
  email: string | null;
  expiresAtMs: number;
}

/** `unauthenticated` or `token_expired` where the token proves nothing; `unavailable` where the keys cannot be had. */
export type Authenticate = (token: string) => Principal | Refusal | Promise<Principal | Refusal>;

const Claims = Compile(
  Type.Object({ sub: BuyerId, exp: Type.Number(), role: Type.Optional(Type.Enum([...roles])) }),
);

/** The header types of a login; absent is one, too. */
const loginTypes = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** What our tickets and purchase tokens call themselves: none logs anybody in, not even if the keys were the same. */
const ownTypes = new Set(['ticket', 'purchase']);

/** What a verified token says, or why it cannot be a buyer. */
export function principalOf(header: { typ?: unknown }, payload: object): Principal | Refusal {
  const { typ } = header;
  const isLogin = typ === undefined || (typeof typ === 'string' && loginTypes.has(typ.toLowerCase()));
  if (!isLogin || ownTypes.has(String((payload as { typ?: unknown }).typ))) {
    return refuse('unauthenticated', { detail: 'A token of this type logs nobody in.' });
  }
  if (!Claims.Check(payload)) {
    const claim = Claims.Errors(payload)[0];
    const name =
      claim?.keyword === 'required' ? claim.params.requiredProperties[0] : claim?.instancePath.slice(1);
    const isOddId = name === 'sub' && claim?.keyword !== 'required';
    const complaint = isOddId ? `must be ${buyerIdShape}` : 'is missing or not valid';
    return refuse('unauthenticated', { detail: `The claim ${name} of the token ${complaint}.` });
  }
  return {
    kind: 'principal',
    buyerId: payload.sub,
    role: payload.role ?? 'buyer',
    // A claim that is no address is left out and shuts nobody out: what is bought does not hang on it.
    email: emailAddressOf((payload as { email?: unknown }).email),
    expiresAtMs: payload.exp * 1000,
  };
}

/** Who a token has to say that it is from, and for; what is not named is not looked at. */
export interface NamedParties {
  issuer?: string | undefined;
  audience?: string | undefined;
}

/** Buyers' tokens signed with HS256 and the secret that the store and Doorbuster share. */
export function authenticateWithSecret(
  secret: string,
  { issuer, audience }: NamedParties = {},
): Authenticate {
  const verify = createVerifier({
    key: secret,
    algorithms: ['HS256'],
    complete: true,
    ...(issuer === undefined ? {} : { allowedIss: issuer }),
    ...(audience === undefined ? {} : { allowedAud: audience }),
    // A claim that is not there is not compared with what is allowed.
    requiredClaims: [...(issuer === undefined ? [] : ['iss']), ...(audience === undefined ? [] : ['aud'])],
  });
  return (token) => {
    if (!hasCanonicalSignature(token))
      return refuse('unauthenticated', { detail: 'The token is not valid.' });
    try {
      const { header, payload } = verify(token);
      return principalOf(header, payload);
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
