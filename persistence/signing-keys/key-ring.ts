import type { PublicJwk, SigningKeys } from '../../engine/contracts/ports.ts';
import type { Log } from '../log.ts';
import type { Postgres } from '../postgres/pool.ts';
import { jwkOf, openPrivateKey, publicPemOf } from './key-pair.ts';
import { addKey, type LiveKey, readLiveKeys } from './live-keys.ts';

/**
 * The keys of public purchase tokens as one process knows them. What was found stays in memory while
 * Postgres is away; only `refresh` asks.
 */
export function signingKeyRingOn(on: Postgres, tokenSecret: string, log: Log): SigningKeys {
  let signer: ReturnType<SigningKeys['signer']> = null;
  let verifiers = new Map<string, string>();
  let published: PublicJwk[] = [];
  let looking: Promise<void> | null = null;

  /** The newest key that may sign and that this TOKEN_SECRET opens. */
  function signerAmong(keys: readonly LiveKey[]) {
    for (const key of keys) {
      const privateKeyPem = key.maySign ? openPrivateKey(tokenSecret, key) : null;
      if (privateKeyPem !== null) return { kid: key.kid, privateKeyPem };
    }
    return null;
  }

  async function look(): Promise<void> {
    let keys = await readLiveKeys(on);
    let found = signerAmong(keys);
    if (!found) {
      // The first key of all, or the first under another TOKEN_SECRET. Others may be adding theirs at the
      // same time: one of them is taken by all.
      const newest = keys[0]?.kid ?? null;
      if (newest) log.warn({ kid: newest }, 'TOKEN_SECRET opens no signing key, a new one is made');
      await addKey(on, tokenSecret, newest, 0);
      keys = await readLiveKeys(on);
      found = signerAmong(keys);
    }
    if (found?.kid !== signer?.kid) log.info({ kid: found?.kid ?? null }, 'this key signs purchase tokens');
    signer = found;
    verifiers = new Map(keys.map((key) => [key.kid, publicPemOf(key)]));
    published = keys.filter((key) => key.isPublished).map(jwkOf);
  }

  return {
    signer: () => signer,
    verifier: (kid) => verifiers.get(kid) ?? null,
    published: () => published,
    refresh() {
      looking ??= look().finally(() => {
        looking = null;
      });
      return looking;
    },
  };
}
