import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { ask, pause } from '../fixtures/http-client.ts';
import { effects, logged, startKernel } from '../fixtures/kernel.ts';
import type { Principal } from '../guard/authentication.ts';

/** Decides each login when the test says so, as keys that have to be fetched first would. */
const logins: { resolve: (caller: Principal | Refusal) => void; reject: (error: Error) => void }[] = [];
const ana: Principal = {
  kind: 'principal',
  buyerId: 'ana',
  role: 'buyer',
  email: null,
  expiresAtMs: Number.MAX_VALUE,
};
let gateway: Awaited<ReturnType<typeof startKernel>>;

beforeEach(async () => {
  logins.length = 0;
  logged.length = 0;
  effects.length = 0;
  gateway = await startKernel({
    authenticate: () => new Promise((resolve, reject) => logins.push({ resolve, reject })),
  });
});
afterEach(() => gateway.close());

const body = '{"note":"x"}';
const authorization = 'Bearer a.b.c';

test('a body that has come before its login is decided is answered once it is', async () => {
  const answer = ask(gateway.port, 'POST', '/note', { body, headers: { authorization } });
  await expect.poll(() => logins).toHaveLength(1);
  logins[0]?.resolve(ana);
  expect(await answer).toMatchObject({ status: 200, body: { buyerId: 'ana', note: 'x' } });
});

test('nothing is done for a login that is not decided, nor for one that is refused', async () => {
  const answer = ask(gateway.port, 'POST', '/note', { body, headers: { authorization } });
  await expect.poll(() => logins).toHaveLength(1);
  // Whatever came before on this gateway has been read by the time that a later exchange is answered.
  expect((await ask(gateway.port, 'POST', '/optional', { body: '{}' })).status).toBe(200);
  expect(effects).toEqual([]);
  logins[0]?.resolve(refuse('token_expired'));
  expect(await answer).toMatchObject({ status: 401, body: { code: 'token_expired' } });
  expect(effects).toEqual([]);
});

test('a body that comes after its login was refused is dropped', async () => {
  const answer = await ask(gateway.port, 'POST', '/note', { body, headers: { authorization: 'Basic YW5h' } });
  expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  expect((await ask(gateway.port, 'POST', '/optional', { body: '{}' })).status).toBe(200);
  expect(effects).toEqual([]);
});

test('who polls is answered once the login is decided, without a body to wait for', async () => {
  const answer = ask(gateway.port, 'GET', '/mine', { headers: { authorization } });
  await expect.poll(() => logins).toHaveLength(1);
  logins[0]?.resolve(ana);
  expect(await answer).toMatchObject({ status: 200, body: { buyerId: 'ana', limit: null } });
});

test('a login that is decided before its body has come waits for it', async () => {
  const post = request({
    port: gateway.port,
    method: 'POST',
    path: '/note',
    headers: { authorization, 'content-length': body.length },
  });
  post.flushHeaders();
  await expect.poll(() => logins).toHaveLength(1);
  logins[0]?.resolve(ana);
  const [response] = await Promise.all([once(post, 'response'), pause(50).then(() => post.end(body))]);
  expect(await json(response[0])).toEqual({ buyerId: 'ana', note: 'x' });
});

test('keys that cannot be had are an absence, and whatever else goes wrong with a login is a bug', async () => {
  const answers = [1, 2].map(() => ask(gateway.port, 'POST', '/note', { body, headers: { authorization } }));
  await expect.poll(() => logins).toHaveLength(2);
  logins[0]?.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  logins[1]?.reject(new Error('a bug'));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([500, 503]);
  expect(logged.map(({ details }) => details.err?.message)).toEqual(['a bug']);
  expect(gateway.kernel.openCount).toBe(0);
});
