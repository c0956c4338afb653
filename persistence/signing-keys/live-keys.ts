import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { newKey, type StoredKey } from './key-pair.ts';

/**
 * Gateways look for keys every few seconds. One that has not heard of the newest key for longer than this
 * has no Postgres, and takes no payment either.
 */
const heardAfterMs = 60_000;

interface KeyRow {
  kid: string;
  public_key: Buffer;
  sealed_private_key: Buffer;
  signs_from: Date;
  verifies_until: Date | null;
  may_sign: boolean;
  is_published: boolean;
}

export interface LiveKey extends StoredKey {
  signsFromMs: number;
  /** When the last token that it signed has expired; null while no other key follows it. */
  verifiesUntilMs: number | null;
  /** By the clock of Postgres, which all gateways share. */
  maySign: boolean;
  /** Its tokens may still be alive; else they only come back with repeats of payments. */
  isPublished: boolean;
}

const liveSigningKeys = statement<KeyRow>('live-signing-keys');
const addSigningKey = statement<{ kid: string }>('add-signing-key');

/** Newest first. */
export async function readLiveKeys(on: Postgres): Promise<LiveKey[]> {
  const rows = await liveSigningKeys(on, [heardAfterMs]);
  return rows.map((row) => ({
    kid: row.kid,
    publicKey: row.public_key,
    sealedPrivateKey: row.sealed_private_key,
    signsFromMs: row.signs_from.getTime(),
    verifiesUntilMs: row.verifies_until?.getTime() ?? null,
    maySign: row.may_sign,
    isPublished: row.is_published,
  }));
}

/** Adds a key after that one (null: the first), which signs in so many ms. False where another was faster. */
export async function addKey(
  on: Postgres,
  tokenSecret: string,
  follows: string | null,
  signsInMs: number,
): Promise<boolean> {
  const { kid, publicKey, sealedPrivateKey } = newKey(tokenSecret);
  const added = await addSigningKey(on, [kid, follows, publicKey, sealedPrivateKey, signsInMs]);
  return added.length > 0;
}
