import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
let directory: string;
let child: ChildProcess | null = null;
let origin = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'doorbuster-books-'));
});
afterEach(async () => {
  await end('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const env = { ...process.env, PROVIDER_PORT: '0', PROVIDER_LATENCY_MS: '0', PROVIDER_DATA_DIR: directory };
  child = spawn(process.execPath, ['--import', 'tsx', main], { env, stdio: ['ignore', 'ignore', 2, 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  origin = `http://127.0.0.1:${port}`;
}

async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

const get = async (path: string) => (await fetch(`${origin}${path}`)).json() as Promise<object>;
const post = async (path: string, key: string, form: Record<string, string> = {}) => {
  const headers = { 'Idempotency-Key': key };
  const answer = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  return { status: answer.status, body: (await answer.json()) as { id: string } };
};
const charge = (key: string, card = 'tok_visa', more: Record<string, string> = {}) =>
  post('/v1/payment_intents', key, {
    ...{ amount: '100', currency: 'usd', payment_method: card, confirm: 'true' },
    ...{ 'metadata[payment_id]': key, ...more },
  });
const refund = (key: string, intent: string) => post('/v1/refunds', key, { payment_intent: intent });

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'knows after %s what it has told of, and goes on',
  async (signal) => {
    await start();
    const first = await charge('pay_1');
    const { body: paid } = await charge('pay_2');
    const back = await refund('rfd_2', paid.id);
    const { body: authorized } = await charge('pay_3', 'tok_visa', { capture_method: 'manual' });
    await post(`/v1/payment_intents/${authorized.id}/capture`, 'pay_3-capture');
    const { body: refused } = await charge('pay_4', 'tok_3ds');
    await post(`/3ds/${refused.id}/refuse`, '');
    const declined = await charge('pay_5', 'tok_declined');
    await charge('pay_6', 'tok_error');
    const nothing = await refund('rfd_7', 'pi_unknown');
    const before = { tally: await get('/control/charges'), seen: await get('/control/seen') };
    await end(signal);

    await start();
    // Of what went wrong it counts what went wrong since.
    expect(await get('/control/charges')).toEqual({ ...before.tally, failed: { count: 0 } });
    expect(await get('/control/seen')).toEqual(before.seen);
    expect(await charge('pay_1')).toEqual(first);
    expect(await refund('rfd_2', paid.id)).toEqual(back);
    expect(await refund('rfd_7', 'pi_unknown')).toEqual(nothing);
    expect(await charge('pay_5', 'tok_declined')).toEqual(declined);
    expect((await charge('pay_6', 'tok_error')).status).toBe(500);
    expect(await get(`/v1/refunds?payment_intent=${paid.id}`)).toMatchObject({ data: [back.body] });
    expect(await get(`/v1/payment_intents/${authorized.id}`)).toMatchObject({ status: 'succeeded' });
    expect(await get(`/v1/payment_intents/${refused.id}`)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { decline_code: 'authentication_required' },
    });
    // The refund of an earlier life is the last that there is to give back.
    expect((await refund('rfd_1', first.body.id)).status).toBe(200);
    expect((await refund('rfd_8', paid.id)).status).toBe(400);
  },
);

it('cuts off what a kill left of a write, and writes on behind what is whole', async () => {
  await start();
  const first = await charge('pay_1');
  await end('SIGKILL');
  const books = join(directory, 'books.jsonl');
  const whole = await readFile(books, 'utf8');
  await appendFile(books, whole.slice(0, whole.length / 2));

  await start();
  expect(await readFile(books, 'utf8')).toBe(whole);
  const second = await charge('pay_2');
  await end('SIGKILL');
  await start();
  expect([await charge('pay_1'), await charge('pay_2')]).toEqual([first, second]);
});

it('says in one line which line of its books cannot be read', async () => {
  await writeFile(join(directory, 'books.jsonl'), '{"kind":"failed","key":"pay_1","charge":{}}\nnonsense\n');
  const env = { ...process.env, PROVIDER_PORT: '0', PROVIDER_DATA_DIR: directory };
  child = spawn(process.execPath, ['--import', 'tsx', main], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(text).toBe(
    `payment provider simulator: ${directory}/books.jsonl is damaged at line 2; restore it, or remove it to start with empty books\n`,
  );
});
