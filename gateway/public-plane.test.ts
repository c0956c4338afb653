import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type House, openHouse, tokenFor } from './fixtures/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

test('the pages and documents are there', async () => {
  const page = await house.askAt('GET', '/');
  expect(page.status).toBe(200);
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).toContain('Doorbuster');
  expect((await house.askAt('GET', '/openapi.json')).body.openapi).toBe('3.1.1');
  expect((await house.askAt('GET', '/asyncapi.json')).body.asyncapi).toBe('3.0.0');
  expect((await house.askAt('GET', '/ws')).status).toBe(426);
  expect(await house.askAt('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
  await house.until(
    () => house.askAt('GET', '/readyz'),
    ({ status }) => status === 200,
  );
});

test('a development login logs in as whoever was named', async () => {
  const made = await house.ask('POST', '/auth/dev-token', {
    body: { sub: 'newcomer', expiresInSeconds: 60 },
  });
  expect(made.status).toBe(201);
  const headers = { authorization: `Bearer ${made.body.token}` };
  expect((await house.ask('GET', '/orders', { headers })).status).toBe(200);
  expect(await house.ask('POST', '/auth/dev-token', { body: { sub: 'a\nb' } })).toMatchObject({
    status: 422,
    body: { field: 'sub' },
  });
});

test('a development login names whom logins have to name here', async () => {
  const named = await openHouse({ AUTH_ISSUER: 'shop', AUTH_AUDIENCE: 'doorbuster' });
  onTestFinished(() => named.close());
  const { body } = await named.ask('POST', '/auth/dev-token', { body: { sub: 'newcomer' } });
  const asked = (token: string) =>
    named.ask('GET', '/orders', { headers: { authorization: `Bearer ${token}` } });
  expect((await asked(body.token)).status).toBe(200);
  expect((await asked(tokenFor('newcomer', 'buyer', { iss: 'shop', aud: 'doorbuster' }))).status).toBe(200);
  expect(await asked(tokenFor('newcomer'))).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
});

test('sales are listed a page at a time, and a page that did not change is not sent again', async () => {
  const ids = [await house.sale(), await house.sale(), await house.sale()];
  for (const id of ids) {
    await house.until(
      () => house.ask('GET', `/sales/${id}`),
      ({ status }) => status === 200,
    );
  }
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await house.ask('GET', `/sales?limit=2${cursor}`);
    expect(body.data.length).toBeLessThanOrEqual(2);
    seen.push(...body.data.map((sale: { id: string }) => sale.id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(seen).toEqual(expect.arrayContaining(ids));
  expect(seen).toEqual(seen.toSorted());
  const first = await house.ask('GET', `/sales/${ids[0]}`);
  const again = await house.ask('GET', `/sales/${ids[0]}`, {
    headers: { 'if-none-match': String(first.headers.etag) },
  });
  expect(again.status).toBe(304);
});

test('every route refuses whoever it is not for', async () => {
  const { body: openApi } = await house.askAt('GET', '/openapi.json');
  const calls = Object.entries(
    openApi.paths as Record<string, Record<string, { security?: object[] }>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ path, method, security })),
  );
  for (const { path, method, security } of calls) {
    if (!security) continue;
    const address = path.replaceAll(/\{\w+\}/g, 'x');
    // OpenAPI says with `{}` that a route also takes whoever is not logged in.
    const takesGuests = security.some((scheme) => Object.keys(scheme).length === 0);
    const anonymous = await house.askAt(method.toUpperCase(), address);
    expect([path, anonymous.status === 401]).toEqual([path, !takesGuests]);
    if (!takesGuests) expect(anonymous.headers['www-authenticate']).toContain('Bearer');
    const token = tokenFor('ana').slice(0, -3);
    const forged = await house.askAt(method.toUpperCase(), address, {
      headers: { authorization: `Bearer ${token}AAA` },
    });
    expect([path, forged.status]).toEqual([path, 401]);
  }
});
