import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { temporaryDirectory } from '../../supervisor/fixtures/temporary-directory.ts';
import { type House, openHouse } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

/** A sale whose waiting room is open, and which is opened by hand. */
const room = (fields: Partial<CreateSale> & { units?: number } = {}) =>
  house.sale({ method: 'queue', opensAt: inMs(600_000), ...fields });

const operate = (saleId: string, what: string, body?: object) =>
  house.operate('POST', `/api/v1/admin/sales/${saleId}/${what}`, body ? { body } : {});

const drawOf = async (saleId: string) => (await house.ask('GET', `/sales/${saleId}/draw`)).body;

const drawWith = (saleId: string, member: string) =>
  house.until(
    () => house.ask('GET', `/sales/${saleId}/draw`),
    ({ body }) => body[member] !== null,
  );

const joinAs = (saleId: string, as: string) =>
  house.ask('POST', `/sales/${saleId}/tickets`, { as, body: {} });

const crowd = (saleId: string, count: number, name: string) =>
  Promise.all(Array.from({ length: count }, (_, i) => joinAs(saleId, `${name}-${i}`)));

/** What a buyer is told about their ticket once its proof has been fetched. */
const ticketOf = async (saleId: string, as: string, hasProof = true) =>
  (
    await house.until(
      () => house.ask('GET', `/sales/${saleId}/tickets/me`, { as }),
      ({ body }) => !hasProof || body.proof !== undefined,
    )
  ).body;

/** Runs the command that checks a draw from outside. */
async function verifyDraw(
  documents: Record<string, object | object[]>,
): Promise<{ code: number; out: string }> {
  const folder = await temporaryDirectory();
  const options = await Promise.all(
    Object.entries(documents).map(async ([name, document]) => {
      const file = join(folder, name);
      const lines = Array.isArray(document) ? document : [document];
      await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));
      return [`--${name}`, file];
    }),
  );
  const main = fileURLToPath(new URL('../../bench/verify-draw/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...options.flat()]);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code: code ?? -1, out })));
}

test('a stranger can check a whole draw, from what is public and from tickets', async () => {
  const saleId = await room();
  const atFirst = await drawOf(saleId);
  expect(atFirst).toEqual({
    saleId,
    seedCommitment: expect.stringMatching(/^[0-9a-f]{64}$/),
    seed: null,
    beacon: null,
    preEntrants: null,
    entrantsRoot: null,
    drawSeed: null,
    algorithm: 'feistel-1',
    frozenAt: null,
    openedAt: null,
  });
  const joined = await crowd(saleId, 30, 'early');
  expect(joined.map(({ body }) => body.turn)).toEqual(Array(30).fill(null));
  const watcher = await SocketClient.open(house.port);
  await watcher.ask({ op: 'watch', saleId });

  expect((await operate(saleId, 'open')).body.state).toBe('waiting');
  const { body: draw } = await drawWith(saleId, 'openedAt');
  const opened = await watcher.next('opened');
  expect(opened).toEqual({ ev: 'opened', saleId, drawSeed: draw.drawSeed, preEntrants: 30 });
  watcher.close();
  expect(draw).toMatchObject({ seedCommitment: atFirst.seedCommitment, preEntrants: 30 });
  expect((await house.ask('GET', `/sales/${saleId}`)).body.waitingRoom).toMatchObject({
    preEntrants: 30,
    seed: draw.seed,
    entrantsRoot: draw.entrantsRoot,
  });

  const late = await crowd(saleId, 5, 'late');
  expect(late.map(({ body }) => body.turn)).toEqual(late.map(({ body }) => body.index));
  const early = await Promise.all(joined.map((_, i) => ticketOf(saleId, `early-${i}`)));
  const behind = await Promise.all(late.map((_, i) => ticketOf(saleId, `late-${i}`, false)));
  expect(behind.some(({ proof }) => proof !== undefined)).toBe(false);
  const documents = { draw, earlier: atFirst, ticket: early[7], tickets: [...early, ...behind] };
  const verified = await verifyDraw(documents);
  expect(verified.out).toContain('35 of 35 tickets have the turn that was drawn');
  expect(verified.out).toMatch(/^ok +turn .*\nok +entrant /m);
  expect(verified.code).toBe(0);

  const bent = {
    ...draw,
    entrantsRoot: draw.entrantsRoot.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0')),
  };
  expect((await verifyDraw({ ...documents, draw: bent })).code).toBe(1);
});

test('a lottery with a beacon: fixed before it speaks, drawn by what it says, closed to late comers', async () => {
  const beacon = { source: 'drand quicknet, randomness', round: 7, at: inMs(595_000) };
  const saleId = await room({ method: 'lottery', beacon });
  await crowd(saleId, 12, 'early');
  expect(await operate(saleId, 'beacon', { value: 'too-early' })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition' },
  });
  await operate(saleId, 'open');
  const { body: frozen } = await drawWith(saleId, 'entrantsRoot');
  expect(frozen).toMatchObject({
    preEntrants: 12,
    beacon: { ...beacon, value: null },
    frozenAt: expect.stringMatching(/Z$/),
    seed: null,
    drawSeed: null,
    openedAt: null,
  });
  expect(await joinAs(saleId, 'late')).toMatchObject({ status: 409, body: { code: 'room_closed' } });
  expect((await joinAs(saleId, 'early-3')).status).toBe(200);
  expect((await ticketOf(saleId, 'early-3')).turn).toBeNull();

  expect(await operate(saleId, 'beacon', { value: 'two words' })).toMatchObject({
    status: 422,
    body: { field: 'value' },
  });
  const given = await operate(saleId, 'beacon', { value: '8f2a41c09d' });
  expect(given).toMatchObject({ status: 200, body: { beacon: { ...beacon, value: '8f2a41c09d' } } });
  expect((await operate(saleId, 'beacon', { value: '8f2a41c09d' })).status).toBe(200);
  expect(await operate(saleId, 'beacon', { value: '8F2A41C09D' })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition' },
  });
  const { body: draw } = await drawWith(saleId, 'openedAt');
  const tickets = await Promise.all(Array.from({ length: 12 }, (_, i) => ticketOf(saleId, `early-${i}`)));
  const { code, out } = await verifyDraw({ draw, earlier: frozen, tickets });
  expect(out).toMatch(/^ok +beacon .*round 7 of drand/m);
  expect(out).toMatch(/^ok +kept copy .*freeze are the kept ones/m);
  expect(out).toContain('12 of 12 tickets');
  expect(code).toBe(0);
});

test('whoever asks once the sale is over has the proof at once', async () => {
  const saleId = await room();
  await joinAs(saleId, 'ana');
  await operate(saleId, 'open');
  await drawWith(saleId, 'openedAt');
  await operate(saleId, 'close');
  await house.until(
    () => house.ask('GET', `/sales/${saleId}`),
    ({ body }) => body.state === 'closed',
  );
  const { body } = await house.ask('GET', `/sales/${saleId}/tickets/me`, { as: 'ana' });
  expect(body).toMatchObject({ index: 0, turn: 0, state: 'sold_out', proof: [] });
});

test('a draw is there for sales that draw', async () => {
  const [none, fifo] = [await house.sale(), await house.sale({ method: 'fifo' })];
  for (const saleId of [none, fifo]) {
    const answer = await house.ask('GET', `/sales/${saleId}/draw`);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.body.detail).toContain('Nothing is drawn');
  }
  expect(await house.ask('GET', '/sales/nowhere/draw')).toMatchObject({
    status: 404,
    body: { code: 'sale_not_found' },
  });
  const drawn = await house.ask('GET', `/sales/${await room()}/draw`);
  expect(drawn.headers).toMatchObject({ 'cache-control': 'public, max-age=1', etag: expect.any(String) });
});

test('a challenge is solved before joining, where the sale asks for it', async () => {
  const saleId = await room({ challenge: { difficulty: 6 } });
  expect((await house.ask('GET', `/sales/${saleId}`)).body.waitingRoom.challenge).toEqual({ difficulty: 6 });
  expect(await joinAs(saleId, 'ana')).toMatchObject({ status: 428, body: { code: 'challenge_required' } });
  const { status, body, headers } = await house.ask('GET', `/sales/${saleId}/challenge`);
  expect([status, headers['cache-control'], body.difficulty]).toEqual([200, 'no-store', 6]);
  expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
  let text = 0;
  const isSolved = () => (createHash('sha256').update(`${body.challenge}:${text}`).digest()[0] ?? 255) < 4;
  while (!isSolved()) text += 1;
  const challenge = `${body.challenge}:${text}`;
  const joined = await house.ask('POST', `/sales/${saleId}/tickets`, { as: 'ana', body: { challenge } });
  expect(joined).toMatchObject({ status: 201, body: { index: 0 } });
  // Whoever comes before there is a room works for nothing.
  const early = await room({ waitingOpensAt: inMs(300_000), challenge: { difficulty: 6 } });
  expect(await joinAs(early, 'ana')).toMatchObject({ status: 409, body: { code: 'sale_not_open' } });
  const lottery = await room({ method: 'lottery', challenge: { difficulty: 6 } });
  await operate(lottery, 'open');
  await drawWith(lottery, 'openedAt');
  expect(await joinAs(lottery, 'ana')).toMatchObject({ status: 409, body: { code: 'room_closed' } });
  expect(await house.ask('GET', `/sales/${await house.sale()}/challenge`)).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
});

test('a buyer whose turn was drawn buys with it, and not before it', async () => {
  const saleId = await room({ units: 3, perMinute: 60_000 });
  const tickets = await crowd(saleId, 3, 'buyer');
  const ticket = (i: number) => tickets[i]?.body.ticket as string;
  expect(await house.reserve(saleId, 'buyer-0', 1, ticket(0))).toMatchObject({
    status: 409,
    body: { code: 'sale_not_open' },
  });
  await operate(saleId, 'open');
  for (const i of [0, 1, 2]) {
    const held = await house.until(
      () => house.reserve(saleId, `buyer-${i}`, 1, ticket(i)),
      ({ status }) => status === 201,
    );
    expect(held.body.reservation.state).toBe('held');
  }
});
