import { afterAll, expect, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { connected } from '../redis/connection.ts';
import { floorKeys, saleKey } from '../redis/keys.ts';
import { nextRequestId, type Reply, run, script } from '../redis/scripts.ts';
import { seeded, shuffled } from './seeded.ts';

const wanted = Number(process.env.RACES ?? 1_000);
const seed = Number(process.env.RACES_SEED ?? 1);
const atOnce = 100;
const holdMs = 4_000;

/** What each racer for one reservation was told. */
interface Told {
  /** Of payment `a`, of payment `b`: 1 where it is said to be confirmed. */
  confirmed: number[];
  released: number | null;
}

test('confirm, decline, release, expiry and repeats at once: one winner, and everybody is told who', async () => {
  const gateways = await Promise.all(Array.from({ length: 4 }, () => connected(testRedisUrl())));
  afterAll(() => gateways.forEach((gateway) => void gateway.disconnect()));
  const random = seeded(seed);
  const wins = { confirmed: 0, released: 0, expired: 0 };

  for (let raced = 0; raced < wanted; raced += atOnce) {
    const sale = await testSale({ units: { ps5: atOnce }, holdMs });
    const { saleId, settlement } = sale;
    const call = async (name: string, ...args: (string | number)[]): Promise<Reply> => {
      const gateway = gateways[Math.floor(random() * gateways.length)] as (typeof gateways)[0];
      const [, ...reply] = await run(gateway, script(name), floorKeys(saleId), [nextRequestId(), ...args]);
      return reply;
    };
    const reserve = async (n: number) =>
      (await call('reservation/reserve', 1, `rsv-${n}`, `buyer-${n}`, -1, 'ps5:1'))[1];
    const reservations = Array.from({ length: atOnce }, (_, n) => n);
    const first = await Promise.all(reservations.map(reserve));
    await sale.pass(holdMs - 1);

    const told = reservations.map((): Told => ({ confirmed: [], released: null }));
    const pay = async (n: number, which: string) => {
      const payment = `pay-${n}-${which}`;
      await call('reservation/begin-payment', 1, 30_000, `rsv-${n}`, `buyer-${n}`, payment);
      const [, [confirmed]] = (await call('reservation/confirm', `rsv-${n}`, payment)) as [number, Reply];
      told[n]?.confirmed.push(Number(confirmed));
    };
    const racers = reservations.flatMap((n) => [
      () => pay(n, 'a'),
      () => pay(n, 'b'),
      () => call('reservation/return-to-held', `rsv-${n}`, `pay-${n}-a`),
      async () => {
        const [, released] = await call('reservation/release', `rsv-${n}`, `buyer-${n}`);
        (told[n] as Told).released = Number(released);
      },
      async () => expect(await reserve(n)).toEqual(first[n]),
      () => call('admission/tick', 3),
    ]);
    // Somewhere in the middle of it the deadlines pass.
    const passed = () => gateways[0]?.hset(saleKey(saleId), 'wallMs', sale.startMs + holdMs);
    await Promise.all(shuffled([...racers, passed], random).map((racer) => racer()));
    await sale.tick();

    const ends = new Map<string, string[]>();
    for (const { type, reservationId } of (await settlement.outbox(saleId, '0-0', 10_000)).events) {
      const end = /^reservation\.(confirmed|released|expired)$/.exec(type)?.[1];
      if (end && reservationId) ends.set(reservationId, [...(ends.get(reservationId) ?? []), end]);
    }
    let sold = 0;
    for (const [n, { confirmed, released }] of told.entries()) {
      const [end, ...more] = ends.get(`rsv-${n}`) ?? [];
      expect(more).toEqual([]);
      expect(confirmed.filter((won) => won === 1)).toHaveLength(end === 'confirmed' ? 1 : 0);
      if (end === 'released') expect(released).toBe(1);
      else expect(released).not.toBe(1);
      wins[end as keyof typeof wins]++;
      if (end === 'confirmed') sold++;
    }
    const [stock] = (await sale.tick()).stock;
    expect(stock).toMatchObject({ available: atOnce - sold, held: 0, paying: 0, sold });
  }
  // Each of them wins now and then, or this was no race.
  for (const count of Object.values(wins)) expect(count).toBeGreaterThan(wanted / 100);
  expect(wins.confirmed + wins.released + wins.expired).toBe(Math.ceil(wanted / atOnce) * atOnce);
}, 300_000);
