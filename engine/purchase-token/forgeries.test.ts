import { createHash, createHmac, createPublicKey } from 'node:crypto';
import { createSigner } from 'fast-jwt';
import { expect, test } from 'vitest';
import { derivedKey } from '../contracts/derived-key.ts';
import { testTokenSecret } from '../fixtures/test-sale.ts';
import { signedTickets } from '../waiting-room/ticket.ts';
import { type TestKey, testClaims, testKey, testKeys } from './fixtures/test-keys.ts';
import type { PurchaseTokenClaims, PurchaseTokens } from './purchase-token.ts';
import { tokensOfSale } from './tokens-of-sale.ts';

/** `MUTANTS=100000 npx vitest run engine/purchase-token/forgeries.test.ts` tries so many of each kind. */
const mutants = Number(process.env.MUTANTS ?? 5_000);

const claims: Omit<PurchaseTokenClaims, 'typ'> = { ...testClaims, items: [...testClaims.items] };
const key = testKey();
const otherKey = testKey();
const ofSale = tokensOfSale(testTokenSecret, testKeys([key, testKey()]));
const kinds = ['private', 'public'] as const;

const segment = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
const payload = segment({ typ: 'purchase', ...claims });
const hs256 = (header: object, secret: string | Buffer): string => {
  const input = `${segment(header)}.${payload}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};
const eddsa = ({ privateKeyPem }: TestKey, kid?: string): string =>
  createSigner({ key: privateKeyPem, algorithm: 'EdDSA', noTimestamp: true, ...(kid ? { kid } : {}) })({
    typ: 'purchase',
    ...claims,
  });

/** Every byte string that a careless verifier would take for the secret that belongs to the public key. */
const publicKeySecrets = (): (string | Buffer)[] => {
  const published = createPublicKey(key.publicKeyPem);
  return [
    key.publicKeyPem,
    key.publicKeyPem.trim(),
    published.export({ type: 'spki', format: 'der' }),
    Buffer.from(key.x, 'base64url'),
    key.x,
    JSON.stringify(published.export({ format: 'jwk' })),
  ];
};

const forged: Record<string, () => string[]> = {
  'no algorithm': () =>
    [{ alg: 'none' }, { alg: 'None', kid: key.kid }, { alg: '', kid: key.kid }, {}].flatMap((header) => [
      `${segment(header)}.${payload}.`,
      `${segment(header)}.${payload}`,
      `${segment(header)}.${payload}.${eddsa(key, key.kid).split('.')[2]}`,
    ]),
  'another key': () => [eddsa(otherKey, otherKey.kid), hs256({ alg: 'HS256', typ: 'JWT' }, 'x'.repeat(64))],
  'the kid of another key': () => [eddsa(otherKey, key.kid), eddsa(otherKey)],
  'no kid, or one of no key': () => [eddsa(key), eddsa(key, 'x'.repeat(43)), eddsa(key, `${key.kid}=`)],
  'HS256 with the bytes of the public key': () =>
    publicKeySecrets().flatMap((secret) =>
      ['HS256', 'EdDSA', 'none'].flatMap((alg) => [
        hs256({ alg, typ: 'JWT', kid: key.kid }, secret),
        hs256({ alg, typ: 'JWT' }, secret),
      ]),
    ),
  'our own key, for another type or algorithm': () => {
    const ownKey = derivedKey(testTokenSecret, 'purchase-token');
    const types = ['ticket', 'Purchase', 'purchase ', '', null, ['purchase'], undefined];
    return [
      ...types.map((typ) =>
        createSigner({ key: ownKey, algorithm: 'HS256', noTimestamp: true })({ ...claims, typ }),
      ),
      ...(['HS384', 'HS512'] as const).map((algorithm) =>
        createSigner({ key: ownKey, algorithm, noTimestamp: true })({ typ: 'purchase', ...claims }),
      ),
    ];
  },
  'a ticket, or nothing': () => [
    signedTickets(testTokenSecret).sign({ place: 'a1', sale: claims.sale, index: 0 }),
    '',
    '.',
    '..',
    'a.b.c',
    `${payload}.${payload}.${payload}`,
  ],
};

test.each(Object.keys(forged))('%s: refused by both kinds of sale', async (name) => {
  for (const kind of kinds) {
    for (const token of forged[name]?.() ?? []) {
      expect(await ofSale({ tokens: kind }).verify(token), token).toBeNull();
    }
  }
});

test('a genuine token of one kind is nothing to a sale of the other', async () => {
  const [ofPrivate, ofPublic] = kinds.map((kind) => ofSale({ tokens: kind })) as [
    PurchaseTokens,
    PurchaseTokens,
  ];
  expect(await ofPrivate.verify(ofPublic.sign(claims))).toBeNull();
  expect(await ofPublic.verify(ofPrivate.sign(claims))).toBeNull();
});

/** Every single flipped bit, then seeded damage: characters exchanged, cut out, put in, segments swapped. */
function* damaged(token: string, count: number): Generator<string> {
  let made = 0;
  for (let i = 0; i < token.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      yield token.slice(0, i) + String.fromCharCode(token.charCodeAt(i) ^ (1 << bit)) + token.slice(i + 1);
      made += 1;
    }
  }
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=';
  for (let number = 0; made < count; number++) {
    // The same damage in every run: each edit takes three bytes of the number's digest.
    const roll = createHash('sha256').update(String(number)).digest();
    let text = token;
    for (let edit = 0; edit <= (roll[31] as number) % 4; edit++) {
      const at = roll.readUInt16LE(edit * 4) % text.length;
      const put = alphabet[(roll[edit * 4 + 2] as number) % alphabet.length] as string;
      const kind = (roll[edit * 4 + 3] as number) % 3;
      text = text.slice(0, at) + [put, put + text[at], ''][kind] + text.slice(at + 1);
    }
    if (text === token) continue;
    yield text;
    made += 1;
  }
}

async function acceptedOf(tokens: PurchaseTokens, texts: Iterable<string>) {
  let tried = 0;
  const accepted: string[] = [];
  for (const text of texts) {
    tried += 1;
    if (await tokens.verify(text)) accepted.push(text);
  }
  return { tried, accepted };
}

test.each(kinds)('of many damaged %s tokens none is accepted', { timeout: 600_000 }, async (kind) => {
  const tokens = ofSale({ tokens: kind });
  const token = tokens.sign(claims);
  expect(await tokens.verify(token)).not.toBeNull();
  const { tried, accepted } = await acceptedOf(tokens, damaged(token, mutants));
  expect(tried).toBeGreaterThanOrEqual(Math.max(mutants, token.length * 8));
  expect(accepted).toEqual([]);
});
