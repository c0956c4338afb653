import { createHash, randomBytes } from 'node:crypto';
import { createSigner, createVerifier } from 'fast-jwt';
import type { Redis } from 'ioredis';
import { derivedKey } from '../contracts/derived-key.ts';
import { type Refusal, refuse } from '../contracts/errors.ts';
import { hasCanonicalSignature } from '../contracts/signature.ts';
import { spentChallengeKey } from '../redis/keys.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';

/** Work to be done before joining: find a text so that SHA-256 of `<challenge>:<text>` begins with zero bits. */
export interface Challenge {
  challenge: string;
  /** Leading zero bits; each one doubles the work. 20 take a phone about a second. */
  difficulty: number;
  expiresAt: string;
}

interface ChallengeClaims {
  typ: 'challenge';
  sale: string;
  nonce: string;
  difficulty: number;
  exp: number;
}

const lifetimeMs = 120_000;

/** How many zero bits a digest begins with. */
export function leadingZeroBits(digest: Buffer): number {
  let bits = 0;
  for (const byte of digest) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
}

/** Issues challenges and takes solved ones: signed, of one sale, expiring, and good for one buyer. */
export function challenges(redis: Redis, tokenSecret: string) {
  const key = derivedKey(tokenSecret, 'challenge');
  const sign = createSigner({ key, algorithm: 'HS256', noTimestamp: true });
  const verify = createVerifier({ key, algorithms: ['HS256'] });

  function claimsOf(challenge: string): ChallengeClaims | null {
    if (!hasCanonicalSignature(challenge)) return null;
    try {
      const claims = verify(challenge) as ChallengeClaims;
      return claims.typ === 'challenge' ? claims : null;
    } catch {
      return null;
    }
  }

  return {
    issue(saleId: string, difficulty: number): Challenge {
      const expiresAtMs = Date.now() + lifetimeMs;
      const claims = {
        typ: 'challenge',
        sale: saleId,
        nonce: randomBytes(12).toString('base64url'),
        difficulty,
        exp: Math.floor(expiresAtMs / 1000),
      };
      return { challenge: sign(claims), difficulty, expiresAt: new Date(claims.exp * 1000).toISOString() };
    },

    /**
     * Spends `<challenge>:<text>` for this buyer, or says why not. The same buyer may repeat it, because a
     * join whose reply was lost is repeated too.
     */
    async spend(
      saleId: string,
      difficulty: number,
      buyerId: string,
      solved: string | undefined,
    ): Promise<Refusal | null> {
      const required = (detail: string) => refuse('challenge_required', { detail, field: 'challenge' });
      if (solved === undefined) return required('Solve a challenge of this sale first.');
      const claims = claimsOf(solved.slice(0, solved.indexOf(':')));
      if (!claims || claims.sale !== saleId)
        return required('The challenge is altered, expired, or of another sale.');
      if (claims.difficulty < difficulty)
        return required('The difficulty has been raised; solve a new challenge.');
      if (leadingZeroBits(createHash('sha256').update(solved).digest()) < claims.difficulty) {
        return required('The challenge is not solved.');
      }
      const spentBy = await spend(spentChallengeKey(saleId, claims.nonce), buyerId);
      return spentBy === null || spentBy === buyerId
        ? null
        : required('This challenge was used by somebody else.');
    },
  };

  /** Who spent it before, or null. Kept as long as the challenge could be shown again. */
  async function spend(spentKey: string, buyerId: string): Promise<string | null> {
    try {
      return await redis.set(spentKey, buyerId, 'PX', lifetimeMs + 5_000, 'NX', 'GET');
    } catch (error) {
      throw new RedisUnavailable((error as Error).message);
    }
  }
}
