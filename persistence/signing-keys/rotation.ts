import type { SigningKeyRotation } from '../../engine/contracts/ports.ts';
import type { Postgres } from '../postgres/pool.ts';
import { addKey, type LiveKey, readLiveKeys } from './live-keys.ts';

/**
 * A new key is published for so long before it signs: longer than caches keep the key set (60 s) and
 * gateways take to hear of it (5 s). Whoever meets its first token has had it.
 */
export const announcedForMs = 70_000;

/** Rotates the signing keys: two live, never three. Of several rotations at once one is done. */
export const signingKeyRotationOn = (
  on: Postgres,
  tokenSecret: string,
  { announceMs = announcedForMs } = {},
): SigningKeyRotation => ({
  async rotate() {
    const [newest, previous] = await readLiveKeys(on);
    const isUnderWay = previous?.isPublished === true;
    const isFresh =
      !isUnderWay && (await addKey(on, tokenSecret, newest?.kid ?? null, newest ? announceMs : 0));
    return { isFresh, ...stateOf(await readLiveKeys(on)) };
  },
});

function stateOf([current, previous]: LiveKey[]) {
  if (!current) throw new Error('there is no signing key, though one was just added');
  const { kid, signsFromMs } = current;
  return {
    current: { kid, signsFromMs },
    previous:
      previous?.isPublished && previous.verifiesUntilMs !== null
        ? { kid: previous.kid, verifiesUntilMs: previous.verifiesUntilMs }
        : null,
  };
}
