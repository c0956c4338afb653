import { createDecoder, createSigner, createVerifier } from 'fast-jwt';
import type { SigningKeys } from '../contracts/ports.ts';
import { hasCanonicalSignature } from '../contracts/signature.ts';
import { claimsOf, type PurchaseTokenClaims, type PurchaseTokens } from './purchase-token.ts';

/** RFC 7638: SHA-256 in base64url. What is shaped otherwise was never one of ours, and is not asked for. */
const thumbprint = /^[\w-]{43}$/;

/** However many tokens with unknown keys arrive, Postgres is asked this often for them. */
const askAgainMs = 1_000;

const decode = createDecoder({ complete: true });

/**
 * EdDSA (Ed25519), for any checkout that has the public keys. The algorithm is fixed by the sale's setting,
 * never by the token: a public key is only ever given to a verifier that takes EdDSA alone.
 *
 * fast-jwt: 22,000 signatures and 8,300 verifications a CPU second, near what the curve alone costs; jose
 * 11,500 and 6,200 (docs/adr/0008-public-purchase-tokens.md).
 */
export function publicPurchaseTokens(keys: SigningKeys): PurchaseTokens {
  let signer: { kid: string; sign: (claims: object) => string } | null = null;
  const verifiers = new Map<string, (token: string) => unknown>();
  let askedAtMs = -askAgainMs;
  let looking: Promise<void> | null = null;

  function presentSigner() {
    const key = keys.signer();
    if (key && signer?.kid !== key.kid) {
      const { kid, privateKeyPem } = key;
      signer = {
        kid,
        sign: createSigner({ key: privateKeyPem, algorithm: 'EdDSA', kid, noTimestamp: true }),
      };
    }
    return key && signer;
  }

  function verifierOf(kid: string) {
    const key = keys.verifier(kid);
    if (key === null) {
      verifiers.delete(kid);
      return null;
    }
    let verify = verifiers.get(kid);
    if (!verify) {
      verify = createVerifier({ key, algorithms: ['EdDSA'], ignoreExpiration: true });
      verifiers.set(kid, verify);
    }
    return verify;
  }

  /** For a key that is newer, perhaps, than our last look. Only `pay` verifies, and it waits for Postgres anyhow. */
  async function lookForKeys(): Promise<void> {
    const nowMs = performance.now();
    if (!looking && nowMs - askedAtMs >= askAgainMs) {
      askedAtMs = nowMs;
      looking = keys.refresh().finally(() => {
        looking = null;
      });
    }
    await looking;
  }

  return {
    maySign: () => keys.signer() !== null,

    sign(claims) {
      const present = presentSigner();
      if (!present) throw new Error('no key signs public purchase tokens');
      return present.sign({ typ: 'purchase', ...claims });
    },

    async verify(token): Promise<PurchaseTokenClaims | null> {
      if (!hasCanonicalSignature(token)) return null;
      const kid = kidOf(token);
      if (kid === null) return null;
      if (!verifierOf(kid)) await lookForKeys();
      const verify = verifierOf(kid);
      return verify && claimsOf(() => verify(token));
    },
  };
}

/** Which key a token says it was signed with; nothing of it is believed yet. */
function kidOf(token: string): string | null {
  try {
    const { alg, kid } = decode(token).header;
    return alg === 'EdDSA' && typeof kid === 'string' && thumbprint.test(kid) ? kid : null;
  } catch {
    return null;
  }
}
