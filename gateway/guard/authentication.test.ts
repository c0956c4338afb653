import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { authenticateWithSecret, bearerToken } from './authentication.ts';
import { authenticationOf } from './authentication-of.ts';
import { authenticateWithJwks } from './jwks.ts';

const secret = 'a secret of at least thirty-two characters';
const authenticate = authenticateWithSecret(secret);
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function sign(payload: unknown, header: unknown = { alg: 'HS256', typ: 'JWT' }, key = secret): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

const claims = (more: object = {}) => ({ sub: 'ana', exp: inAnHour(), ...more });

describe('with a shared secret', () => {
  test('a good token is its buyer', async () => {
    expect(await authenticate(sign(claims({ role: 'admin' })))).toMatchObject({
      kind: 'principal',
      buyerId: 'ana',
      role: 'admin',
    });
    expect(await authenticate(sign(claims(), { alg: 'HS256' }))).toMatchObject({ role: 'buyer' });
  });

  test('its e-mail claim is where mail goes, and one that is no address shuts nobody out', async () => {
    expect(await authenticate(sign(claims({ email: 'ana@example.com' })))).toMatchObject({
      email: 'ana@example.com',
    });
    for (const email of [undefined, 'a@b.example\r\nBcc: eve@evil.example', { a: 1 }]) {
      expect(await authenticate(sign(claims({ email })))).toMatchObject({ kind: 'principal', email: null });
    }
  });

  test.each([
    ['alg none, unsigned', () => `${part({ alg: 'none' })}.${part(claims())}.`],
    ['alg none, with a signature', () => sign(claims(), { alg: 'none' })],
    ['another algorithm', () => sign(claims(), { alg: 'HS512' })],
    ['another key', () => sign(claims(), undefined, 'some other secret of the right length')],
    ['no exp', () => sign({ sub: 'ana' })],
    ['exp as text', () => sign({ sub: 'ana', exp: String(inAnHour()) })],
    ['no sub', () => sign({ exp: inAnHour() })],
    ['an empty sub', () => sign(claims({ sub: '' }))],
    ['a long sub', () => sign(claims({ sub: 'x'.repeat(129) }))],
    ['a sub with a line break', () => sign(claims({ sub: 'ana\nadmin' }))],
    ['a role that there is not', () => sign(claims({ role: 'root' }))],
    ['not valid yet', () => sign(claims({ nbf: inAnHour() }))],
    ['our own ticket', () => sign(claims(), { alg: 'HS256', typ: 'ticket' })],
    ['our own purchase token', () => sign(claims(), { alg: 'HS256', typ: 'purchase' })],
    ['our own ticket, by its claim', () => sign(claims({ typ: 'ticket' }))],
    ['our own purchase token, by its claim', () => sign(claims({ typ: 'purchase' }))],
    ['a critical extension', () => sign(claims(), { alg: 'HS256', crit: ['b64'], b64: false })],
    ['no JWT at all', () => 'ana'],
    ['nothing', () => ''],
  ])('%s logs nobody in', async (_, token) => {
    expect(await authenticate(token())).toMatchObject({ kind: 'refused', code: 'unauthenticated' });
  });

  test('a sub that is no buyer id is told what one is', async () => {
    for (const sub of ['zoë', '客人', '', 'x'.repeat(129), 'ana\nadmin', 17]) {
      expect(await authenticate(sign(claims({ sub })))).toMatchObject({
        code: 'unauthenticated',
        detail: 'The claim sub of the token must be 1 to 128 printable ASCII characters.',
      });
    }
    expect(await authenticate(sign({ exp: inAnHour() }))).toMatchObject({
      detail: 'The claim sub of the token is missing or not valid.',
    });
  });

  test('an issuer and an audience that were named are the only ones that are believed', async () => {
    const issuer = 'https://id.example';
    const audience = 'doorbuster';
    const login = (named: { issuer?: string; audience?: string }, more: object) =>
      authenticateWithSecret(secret, named)(sign(claims(more)));
    for (const aud of [audience, ['another', audience]]) {
      expect(await login({ issuer, audience }, { iss: issuer, aud })).toMatchObject({ buyerId: 'ana' });
    }
    for (const more of [
      { iss: issuer },
      { aud: audience },
      { iss: 'https://evil.example', aud: audience },
      { iss: `${issuer}/`, aud: audience },
      { iss: issuer, aud: 'another' },
      { iss: issuer, aud: ['another', 'doorbuster2'] },
      { iss: issuer, aud: [] },
      { iss: [issuer], aud: audience },
    ]) {
      expect([more, await login({ issuer, audience }, more)]).toMatchObject([
        {},
        { code: 'unauthenticated' },
      ]);
    }
    expect(await login({ issuer }, { iss: issuer, aud: 'another' })).toMatchObject({ buyerId: 'ana' });
    expect(await login({ audience }, { aud: audience })).toMatchObject({ buyerId: 'ana' });
    expect(await login({ audience }, { iss: issuer })).toMatchObject({ code: 'unauthenticated' });
    expect(await login({}, { iss: issuer, aud: audience })).toMatchObject({ buyerId: 'ana' });
    expect(await login({ issuer, audience }, { iss: issuer, aud: audience, exp: 1 })).toMatchObject({
      code: 'token_expired',
    });
  });

  test('AUTH_ISSUER and AUTH_AUDIENCE hold with AUTH_SECRET, too', async () => {
    const named = authenticationOf({ AUTH_SECRET: secret, AUTH_ISSUER: 'shop', AUTH_AUDIENCE: 'doorbuster' });
    expect(await named(sign(claims({ iss: 'shop', aud: 'doorbuster' })))).toMatchObject({ buyerId: 'ana' });
    expect(await named(sign(claims({ iss: 'forum', aud: 'doorbuster' })))).toMatchObject({
      code: 'unauthenticated',
    });
    expect(await named(sign(claims()))).toMatchObject({ code: 'unauthenticated' });
  });

  test('an expired token says so', async () => {
    expect(await authenticate(sign(claims({ exp: inAnHour() - 7200 })))).toMatchObject({
      code: 'token_expired',
    });
  });

  test('an expired token of another key says nothing about its expiry', async () => {
    const foreign = sign(
      claims({ exp: inAnHour() - 7200 }),
      undefined,
      'some other secret of the right length',
    );
    expect(await authenticate(foreign)).toMatchObject({ code: 'unauthenticated' });
  });

  test('any altered character breaks a token, those with unused bits included', async () => {
    const token = sign(claims());
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < token.length; at += 1) {
      const original = token[at] ?? '';
      if (original === '.') continue;
      const next = alphabet[(alphabet.indexOf(original) + 1) % 64];
      const altered = token.slice(0, at) + next + token.slice(at + 1);
      expect(await authenticate(altered), `character ${at}`).toMatchObject({ kind: 'refused' });
    }
  });
});

test('a bearer token is taken from its header, and from nothing else', () => {
  expect(bearerToken('Bearer abc.def.ghi')).toBe('abc.def.ghi');
  expect(bearerToken('bearer abc')).toBe('abc');
  for (const header of ['', 'Basic YTpi', 'Bearer', 'Bearer a b']) {
    expect(bearerToken(header)).toMatchObject({ code: 'unauthenticated' });
  }
});

describe('with a key set', () => {
  test('only the issuer and audience that were named are believed, and only asymmetric keys', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
    const server = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
      const verify = authenticateWithJwks(url, 'https://id.example', 'doorbuster');
      const token = (issuer: string, audience: string, exp = inAnHour()) =>
        new SignJWT({ sub: 'ana' })
          .setProtectedHeader({ alg: 'ES256', kid: 'one' })
          .setIssuer(issuer)
          .setAudience(audience)
          .setExpirationTime(exp)
          .sign(privateKey);
      expect(await verify(await token('https://id.example', 'doorbuster'))).toMatchObject({ buyerId: 'ana' });
      expect(await verify(await token('https://evil.example', 'doorbuster'))).toMatchObject({
        code: 'unauthenticated',
      });
      expect(await verify(await token('https://id.example', 'another'))).toMatchObject({
        code: 'unauthenticated',
      });
      expect(await verify(await token('https://id.example', 'doorbuster', 1))).toMatchObject({
        code: 'token_expired',
      });
      const withPublishedKey = sign(
        { ...claims(), iss: 'https://id.example', aud: 'doorbuster' },
        { alg: 'HS256', kid: 'one' },
        JSON.stringify(jwk),
      );
      expect(await verify(withPublishedKey)).toMatchObject({ code: 'unauthenticated' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a provider that is away shuts nobody out whose key is known, and is asked again behind the logins', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
    let isAway = false;
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.writeHead(isAway ? 503 : 200).end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const verify = authenticateWithJwks(url, 'https://id.example', 'doorbuster');
    const login = async () =>
      verify(
        await new SignJWT({ ...claims(), iss: 'https://id.example', aud: 'doorbuster' })
          .setProtectedHeader({ alg: 'ES256', kid: 'one' })
          .sign(privateKey),
      );
    const later = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000);
    expect(await login()).toMatchObject({ kind: 'principal' });
    isAway = true;
    later(11);
    for (let at = 0; at < 3; at += 1) expect(await login()).toMatchObject({ kind: 'principal' });
    await expect.poll(() => asked).toBe(2);
    later(25 * 60);
    expect(await login()).toMatchObject({ code: 'unavailable' });
    isAway = false;
    expect(await login()).toMatchObject({ kind: 'principal' });
  });

  test('keys that cannot be fetched are our trouble, not the token’s', async () => {
    const verify = authenticateWithJwks('http://127.0.0.1:9/jwks.json', 'https://id.example', 'doorbuster');
    const { privateKey } = await generateKeyPair('ES256');
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    expect(await verify(token)).toMatchObject({ code: 'unavailable' });
  });
});
