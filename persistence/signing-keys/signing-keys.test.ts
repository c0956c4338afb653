import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { insertSale, testPool } from '../fixtures/test-sale.ts';
import { createLog } from '../log.ts';
import { newKey, openPrivateKey, publicPemOf } from './key-pair.ts';
import { signingKeyRingOn } from './key-ring.ts';
import { announcedForMs, signingKeyRotationOn } from './rotation.ts';

const log = createLog('silent');
const secret = 'the token secret that the tests share';
const otherSecret = 'another token secret, of another house';

describe('a sealed key', () => {
  test('opens with its secret to what its public half verifies', () => {
    const key = newKey(secret);
    const pem = openPrivateKey(secret, key);
    if (pem === null) throw new Error('did not open');
    const signature = sign(null, Buffer.from('x'), createPrivateKey(pem));
    expect(verify(null, Buffer.from('x'), createPublicKey(publicPemOf(key)), signature)).toBe(true);
  });

  test('opens with no other secret, altered in no bit, and in no other row', () => {
    const key = newKey(secret);
    expect(openPrivateKey(otherSecret, key)).toBeNull();
    expect(openPrivateKey(secret, { ...key, kid: newKey(secret).kid })).toBeNull();
    for (let bit = 0; bit < key.sealedPrivateKey.length * 8; bit++) {
      const altered = Buffer.from(key.sealedPrivateKey);
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openPrivateKey(secret, { ...key, sealedPrivateKey: altered }), `bit ${bit}`).toBeNull();
    }
  });
});

let database: Awaited<ReturnType<typeof testPool>>;
beforeEach(async () => {
  database = await testPool();
});
afterEach(() => database.close());

const ring = (tokenSecret = secret) => signingKeyRingOn(database.pool, tokenSecret, log);
const kids = (keys: ReturnType<typeof ring>) => keys.published().map(({ kid }) => kid);
/** Rows are append-only; a test moves time by moving them past their trigger. */
const later = (ms: number) =>
  database.pool.query(
    `BEGIN; SET LOCAL session_replication_role = replica;
     UPDATE signing_keys SET signs_from = signs_from - interval '${ms} ms',
       created_at = created_at - interval '${ms} ms';
     UPDATE sales SET created_at = created_at - interval '${ms} ms'; COMMIT`,
  );

test('the first key is made on first need, and once, whoever looks first', async () => {
  const rings = Array.from({ length: 12 }, () => ring());
  expect(rings[0]?.signer()).toBeNull();
  await Promise.all(rings.map((keys) => keys.refresh()));
  const signers = new Set(rings.map((keys) => keys.signer()?.kid));
  expect(signers.size).toBe(1);
  const [kid] = [...signers] as [string];
  for (const keys of rings) {
    expect(keys.published()).toEqual([
      { kty: 'OKP', crv: 'Ed25519', x: expect.stringMatching(/^[\w-]{43}$/), kid, alg: 'EdDSA', use: 'sig' },
    ]);
    expect(keys.verifier(kid)).toContain('PUBLIC KEY');
    expect(keys.verifier('another')).toBeNull();
  }
});

test('Postgres keeps no private key that can be read', async () => {
  const keys = ring();
  await keys.refresh();
  const { rows } = await database.pool.query('SELECT * FROM signing_keys');
  const d = createPrivateKey(keys.signer()?.privateKeyPem ?? '').export({ format: 'jwk' }).d ?? '';
  expect(rows[0].sealed_private_key.includes(Buffer.from(d, 'base64url'))).toBe(false);
  await expect(database.pool.query('DELETE FROM signing_keys')).rejects.toThrow('append-only');
});

test('a new key is announced, then signs; the old one verifies until its last token has expired', async () => {
  await insertSale(database.pool, 'private', {});
  await insertSale(database.pool, 'public', {});
  // Holds of a minute, half a minute more when extended; the longer holds of a private sale do not count.
  await database.pool.query("UPDATE sales SET tokens = 'public', extend_ms = 30000 WHERE id = 'public'");
  await database.pool.query("UPDATE sales SET hold_ms = 3600000 WHERE id = 'private'");
  const [keys, rotation] = [ring(), signingKeyRotationOn(database.pool, secret)];
  await keys.refresh();
  const old = keys.signer()?.kid as string;

  const rotated = await rotation.rotate();
  const { current, previous } = rotated;
  expect(rotated.isFresh).toBe(true);
  expect(previous?.kid).toBe(old);
  // Announced, heard of by all (60 s), held (60 s), extended (30 s).
  expect((previous?.verifiesUntilMs ?? 0) - current.signsFromMs).toBe(60_000 + 60_000 + 30_000);
  await keys.refresh();
  expect(keys.signer()?.kid).toBe(old);
  expect(kids(keys)).toEqual([current.kid, old]);

  await later(announcedForMs);
  await keys.refresh();
  expect(keys.signer()?.kid).toBe(current.kid);
  expect(kids(keys)).toEqual([current.kid, old]);

  await later(149_000);
  await keys.refresh();
  expect(kids(keys)).toEqual([current.kid, old]);
  await later(1_000);
  await keys.refresh();
  expect(kids(keys)).toEqual([current.kid]);
  // Its tokens have expired, but payments that were made with them may still be repeated.
  expect(keys.verifier(old)).not.toBeNull();
  await later(86_400_000);
  await keys.refresh();
  expect(keys.verifier(old)).toBeNull();
  expect(keys.signer()?.kid).toBe(current.kid);
});

test('two keys live, never three: while a rotation is under way a repeat changes nothing', async () => {
  const rotation = signingKeyRotationOn(database.pool, secret);
  const first = await rotation.rotate();
  expect(first).toMatchObject({ isFresh: true, previous: null });
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => rotation.rotate()));
  expect([one, two, three].filter((rotated) => rotated?.isFresh)).toHaveLength(1);
  for (const rotated of [two, three]) {
    expect({ ...rotated, isFresh: true }).toEqual({ ...one, isFresh: true });
  }
  expect(one?.previous?.kid).toBe(first.current.kid);
  const again = await rotation.rotate();
  expect(again).toEqual({ ...one, isFresh: false });
  await later(announcedForMs + 60_000);
  expect(await rotation.rotate()).toMatchObject({ isFresh: true, previous: { kid: one?.current.kid } });
});

test('under another TOKEN_SECRET a key of its own signs, and what was signed before still verifies', async () => {
  const [before, after] = [ring(), ring(otherSecret)];
  await before.refresh();
  const old = before.signer()?.kid as string;
  await after.refresh();
  const made = after.signer()?.kid as string;
  expect(made).not.toBe(old);
  expect(after.verifier(old)).not.toBeNull();
  for (let round = 0; round < 3; round++) for (const keys of [before, after]) await keys.refresh();
  // Each goes on with what it can open: two houses with two secrets do not make keys against each other.
  expect([before.signer()?.kid, after.signer()?.kid]).toEqual([old, made]);
  expect(kids(before)).toEqual([made, old]);
});

test('what was found stays while Postgres is away', async () => {
  let isAway = false;
  const on = {
    query: (...args: Parameters<typeof database.pool.query>) =>
      isAway ? Promise.reject(new Error('Connection terminated')) : database.pool.query(...args),
  } as typeof database.pool;
  const keys = signingKeyRingOn(on, secret, log);
  await keys.refresh();
  const kid = keys.signer()?.kid as string;
  isAway = true;
  await expect(keys.refresh()).rejects.toThrow('Connection terminated');
  expect(keys.signer()?.kid).toBe(kid);
  expect(keys.verifier(kid)).not.toBeNull();
  isAway = false;
  await keys.refresh();
});
