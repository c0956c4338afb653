import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { newReservationId, type ReservationId } from '../contracts/ids.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { Overloaded } from '../redis/batcher.ts';
import { connect } from '../redis/connection.ts';
import { RedisUnavailable } from '../redis/unavailable.ts';
import { type Decision, reserver } from '../reservation/reserve.ts';
import { lossyProxy } from './fixtures/lossy-proxy.ts';
import { replyEnd } from './fixtures/reply-end.ts';
import { seeded } from './seeded.ts';

const wanted = Number(process.env.LOSSY_RESERVATIONS ?? 2_000);
const seed = Number(process.env.LOSSY_SEED ?? 1);
const sales = 4;
/** Clients that ask at the same time, each for one reservation after the other. */
const clients = Math.max(120, Math.min(1_000, wanted / 20));

test('a reply ends where Redis ended it, however it is cut', () => {
  const replies = [
    '+OK\r\n',
    ':12\r\n',
    '-ERR no\r\n',
    '$5\r\na\r\nbc\r\n',
    '$-1\r\n',
    '_\r\n',
    '*-1\r\n',
    '*0\r\n',
  ];
  const whole = [...replies, `*3\r\n${replies.slice(0, 3).join('')}`, '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...whole)), (stream) => {
      const bytes = Buffer.from(stream.join(''));
      let start = 0;
      for (const reply of stream) {
        const end = start + reply.length;
        for (let cut = start; cut < end; cut++) expect(replyEnd(bytes.subarray(0, cut), start)).toBeNull();
        expect(replyEnd(bytes, start)).toBe(end);
        start = end;
      }
    }),
    { seed, numRuns: 50 },
  );
});

test('one reply in five is lost: each request has one effect, and its answer says which', async () => {
  const each = Math.ceil(wanted / sales);
  const units = Math.ceil(each * 0.7);
  const floors = await Promise.all(
    Array.from({ length: sales }, () => testSale({ units: { ps5: units }, holdMs: 3_600_000 })),
  );
  const losses = { oneIn: 5, swallowedShare: 0.2, random: seeded(seed) };
  const proxy = await lossyProxy(testRedisUrl(), losses);
  const redis = connect(proxy.url);
  // As in production, but the time-out of a swallowed reply is not waited for in full.
  redis.options.commandTimeout = 150;
  afterAll(() => {
    redis.disconnect();
    proxy.close();
  });
  redis.connect().catch(() => {});
  const decide = reserver(redis);

  let unanswered = 0;
  const answers = new Map<ReservationId, Decision>();
  const reserve = async (serial: number) => {
    const { saleId, config } = floors[serial % sales] as (typeof floors)[0];
    const reservationId = newReservationId(config.number);
    const request = {
      ...{ saleId, saleNumber: config.number, epoch: 1, buyerId: `buyer-${serial}`, turn: null },
      ...{ items: [{ sku: 'ps5', quantity: 1 }], reservationId },
    };
    while (!answers.has(reservationId)) {
      try {
        answers.set(reservationId, await decide(request));
      } catch (error) {
        // Left without an answer: asked again under the same id, as whoever has to know would.
        if (!(error instanceof RedisUnavailable || error instanceof Overloaded)) throw error;
        unanswered++;
        losses.oneIn = 5;
        // Refused at once while Redis does not answer: whoever asked again as fast would keep the answer out.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  let serial = 0;
  const client = async () => {
    while (serial < each * sales) {
      // From the middle on every reply is lost, until somebody's deadline has passed without an answer.
      if (serial === Math.floor((each * sales) / 2)) losses.oneIn = 1;
      await reserve(serial++);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));

  const held = [...answers].filter(([, decision]) => decision.kind === 'held');
  for (const [id, decision] of held) expect(decision).toMatchObject({ id, fresh: true });
  expect([...answers.values()].filter(({ kind }) => kind === 'standby')).toHaveLength((each - units) * sales);
  const told: string[] = [];
  for (const { saleId, settlement, tick } of floors) {
    const [stock] = (await tick()).stock;
    expect(stock).toMatchObject({ available: 0, held: units });
    // In parts, as the relay reads.
    for (let position: string | undefined = '0-0'; position; ) {
      const { events } = await settlement.outbox(saleId, position, 5_000);
      for (const { type, reservationId } of events) {
        if (type === 'reservation.held') told.push(reservationId ?? '');
      }
      position = events.at(-1)?.position;
    }
  }
  expect(told.sort()).toEqual(held.map(([id]) => id).sort());
  expect(unanswered).toBeGreaterThan(0);
  expect(proxy.counts.cutOff).toBeGreaterThan(0);
  expect(proxy.counts.swallowed).toBeGreaterThan(0);
}, 900_000);
