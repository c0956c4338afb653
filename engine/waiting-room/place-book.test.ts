import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { inCrowds } from '../fixtures/in-crowds.ts';
import { testSale, testTokenSecret } from '../fixtures/test-sale.ts';
import { placesKey, saleKey } from '../redis/keys.ts';
import { assemble } from '../redis/script-loader.ts';
import { placeBook } from './place-book.ts';
import { bucketOf, placeKey, placeOf, splits } from './places.ts';

const joinOf = (sale: Awaited<ReturnType<typeof testSale>>, buyerId: string) => ({
  saleId: sale.saleId,
  epoch: 1,
  buyerId,
});

test('indices are given in order of arrival, one a buyer', async () => {
  const sale = await testSale({ method: 'fifo' });
  const places = await Promise.all(
    ['ann', 'bob', 'cat', 'ann'].map((buyer) => sale.places.take(joinOf(sale, buyer))),
  );
  expect(places).toEqual([
    { kind: 'place', index: 0, fresh: true },
    { kind: 'place', index: 1, fresh: true },
    { kind: 'place', index: 2, fresh: true },
    { kind: 'place', index: 0, fresh: false },
  ]);
  expect(await sale.places.find(joinOf(sale, 'cat'))).toBe(2);
  expect(await sale.places.find(joinOf(sale, 'dan'))).toBeNull();
});

test('a place given up keeps its index; joining again takes a new one at the end', async () => {
  const sale = await testSale({ method: 'fifo' });
  await sale.places.take(joinOf(sale, 'ann'));
  expect(await sale.places.leave(joinOf(sale, 'ann'))).toEqual({ kind: 'left' });
  // A repeat, whose first answer was lost, is no other answer; and nothing is given up twice.
  expect(await sale.places.leave(joinOf(sale, 'ann'))).toEqual({ kind: 'left' });
  expect((await sale.events()).filter((event) => event === 'places.given_up')).toHaveLength(1);
  expect(await sale.places.leave(joinOf(sale, 'bob'))).toEqual({ kind: 'none' });
  expect(await sale.places.find(joinOf(sale, 'ann'))).toBeNull();
  expect(await sale.places.take(joinOf(sale, 'ann'))).toEqual({ kind: 'place', index: 1, fresh: true });
});

test('whoever shows a ticket has its place again where Redis has lost it, and only there', async () => {
  const sale = await testSale({ method: 'fifo' });
  const buyers = ['ann', 'bob', 'cat', 'dan'];
  for (const buyer of buyers) await sale.places.take(joinOf(sale, buyer));
  await sale.places.leave(joinOf(sale, 'cat'));
  const key = placeKey(testTokenSecret, sale.saleId);
  const lose = (buyer: string) => {
    const place = placeOf(key, buyer);
    return sale.redis.hdel(placesKey(sale.saleId, bucketOf(place, 64)), place);
  };
  await lose('bob');
  await lose('dan');
  const shown = (buyer: string, shownIndex?: number) =>
    sale.places.take({ ...joinOf(sale, buyer), shownIndex });
  expect(await Promise.all([shown('bob', 1), shown('ann', 3), shown('cat', 2), shown('eve')])).toEqual([
    { kind: 'place', index: 1, fresh: false },
    // Has another one; and what was given up stays given up.
    { kind: 'place', index: 0, fresh: false },
    { kind: 'place', index: 4, fresh: true },
    { kind: 'place', index: 5, fresh: true },
  ]);
  expect(await sale.places.find(joinOf(sale, 'bob'))).toBe(1);
  // Who gave up an earlier one has not given up this one.
  await sale.places.leave(joinOf(sale, 'bob'));
  expect(await shown('bob', 40)).toEqual({ kind: 'place', index: 40, fresh: false });
  // A room that takes nobody in any more has not forgotten those who were there.
  await sale.settlement.command(sale.saleId, 'close');
  expect(await shown('dan')).toMatchObject({ code: 'sale_closed' });
  expect(await shown('dan', 3)).toEqual({ kind: 'place', index: 3, fresh: false });
});

test('in a sale that is being rebuilt nobody is told that they have no place', async () => {
  const sale = await testSale({ method: 'fifo' });
  await sale.places.take(joinOf(sale, 'ann'));
  await sale.redis.hdel(saleKey(sale.saleId), 'epoch');
  await expect(sale.places.find(joinOf(sale, 'ann'))).rejects.toThrow('does not know the sale');
  await expect(sale.places.take(joinOf(sale, 'ann'))).rejects.toThrow('no such epoch');
});

test('an invitation is written over by the place of a ticket that is shown', async () => {
  const sale = await testSale({ method: 'fifo', isByInvitation: true });
  await sale.settlement.invite(sale.saleId, { epoch: 1, buyerIds: ['ann'], isAll: true });
  expect(await sale.places.take({ ...joinOf(sale, 'ann'), shownIndex: 17 })).toMatchObject({ index: 17 });
  // Invited once: the ticket says so. The list of another epoch may not have come yet.
  expect(await sale.places.take({ ...joinOf(sale, 'bob'), shownIndex: 3 })).toMatchObject({ index: 3 });
  expect(await sale.places.take(joinOf(sale, 'cat'))).toMatchObject({ code: 'not_invited' });
});

test('the outbox hears of every place that is taken, shown again and given up', async () => {
  const sale = await testSale({ method: 'fifo' });
  const text = (...buyers: string[]) =>
    Buffer.concat(buyers.map((buyer) => placeOf(placeKey(testTokenSecret, sale.saleId), buyer))).toString(
      'base64',
    );
  await Promise.all(['ann', 'bob', 'ann'].map((buyer) => sale.places.take(joinOf(sale, buyer))));
  await sale.places.take(joinOf(sale, 'bob'));
  await sale.places.take({ ...joinOf(sale, 'cat'), shownIndex: 40 });
  await Promise.all(['bob', 'dan'].map((buyer) => sale.places.leave(joinOf(sale, buyer))));
  const told = (await sale.settlement.outbox(sale.saleId, '0-0', 100)).events.filter(
    ({ places }) => places !== null,
  );
  expect(told).toMatchObject([
    { type: 'places.taken', firstIndex: 0, places: text('ann', 'bob'), epoch: 1, reservationId: null },
    { type: 'places.taken', firstIndex: 40, places: text('cat') },
    { type: 'places.given_up', firstIndex: null, places: text('bob') },
  ]);
});

test('no index beyond the lease is given; the next block continues it', async () => {
  const sale = await testSale({ method: 'fifo', indices: 1 });
  await sale.places.take(joinOf(sale, 'ann'));
  expect(await sale.places.take(joinOf(sale, 'bob'))).toMatchObject({ kind: 'refused', code: 'overloaded' });
  expect(await sale.settlement.grantIndices(sale.saleId, 5, 9)).toMatchObject({ granted: false });
  expect(await sale.settlement.grantIndices(sale.saleId, 1, 9)).toEqual({
    granted: true,
    leasedTo: 9,
    next: 1,
  });
  expect(await sale.places.take(joinOf(sale, 'bob'))).toMatchObject({ index: 1 });
});

test('of those who join at once no more get an index than the lease has left', async () => {
  const sale = await testSale({ method: 'fifo', indices: 5 });
  const buyers = Array.from({ length: 12 }, (_, i) => `buyer-${i}`);
  const places = await Promise.all(buyers.map((buyer) => sale.places.take(joinOf(sale, buyer))));
  expect(places.map((place) => (place.kind === 'place' ? place.index : place.code))).toEqual(
    buyers.map((_, i) => (i < 5 ? i : 'overloaded')),
  );
});

test('everybody keeps their place while the buckets grow, also for a gateway that has not heard of it', async () => {
  const sale = await testSale({ method: 'fifo' });
  const late = placeBook(sale.redis, testTokenSecret);
  await late.take(joinOf(sale, 'first'));
  const buyers = Array.from({ length: 8_000 }, () => randomUUID());
  const taken = await inCrowds(buyers, (buyer) => sale.places.take(joinOf(sale, buyer)));
  const buckets = Number(await sale.redis.hget(saleKey(sale.saleId), 'buckets'));
  expect(buckets).toBeGreaterThan(64);
  const found = await inCrowds(buyers, (buyer) => late.find(joinOf(sale, buyer)));
  expect(found).toEqual(taken.map((place) => place.kind === 'place' && place.index));
  expect(new Set(found).size).toBe(8_000);
  // Every bucket stays packed: unpacked ones cost three times as much a buyer.
  const encodings = await Promise.all(
    Array.from({ length: buckets }, (_, bucket) =>
      sale.redis.object('ENCODING', placesKey(sale.saleId, bucket)),
    ),
  );
  expect(new Set(encodings)).toEqual(new Set(['listpack']));
});

test('Lua and TypeScript agree on the bucket of a hash', async () => {
  const { redis } = await testSale();
  const includes = new URL('../../lua/includes', import.meta.url).pathname;
  const source = assemble(
    '--- @include places\nreturn bucketOf(ARGV[1], tonumber(ARGV[2]))',
    includes,
    'test',
  );
  for (let i = 0; i < 500; i++) {
    const hash = randomBytes(8);
    const buckets = 1 + Math.floor(2 ** (Math.random() * 20));
    expect(await redis.eval(source, 0, hash, buckets)).toBe(bucketOf(hash, buckets));
  }
});

test('everybody who has a place is met when the entrants are read, and who gave theirs up is told apart', async () => {
  const sale = await testSale({ method: 'fifo' });
  const buyers = Array.from({ length: 300 }, (_, i) => `buyer-${i}`);
  await Promise.all(buyers.map((buyer) => sale.places.take(joinOf(sale, buyer))));
  await sale.places.leave(joinOf(sale, 'buyer-5'));
  const key = placeKey(testTokenSecret, sale.saleId);
  const met = new Map<number, string>();
  const givenUp: number[] = [];
  for await (const part of sale.settlement.entrants(sale.saleId)) {
    for (const { index, place, isHeld } of part) {
      met.set(index, place.toString('hex'));
      if (!isHeld) givenUp.push(index);
    }
  }
  expect(givenUp).toHaveLength(1);
  expect(met.get(givenUp[0] as number)).toBe(placeOf(key, 'buyer-5').toString('hex'));
  expect([...met.keys()].sort((a, b) => a - b)).toEqual(buyers.map((_, index) => index));
  for (const buyer of buyers.filter((one) => one !== 'buyer-5')) {
    const index = (await sale.places.find(joinOf(sale, buyer))) as number;
    expect(met.get(index)).toBe(placeOf(key, buyer).toString('hex'));
  }
});

test('a sale that Redis has lost has no entrants to tell of, which is not the same as none', async () => {
  const sale = await testSale({ method: 'fifo' });
  const met = [];
  for await (const part of sale.settlement.entrants(sale.saleId)) met.push(...part);
  expect(met).toEqual([]);
  await sale.redis.del(saleKey(sale.saleId));
  const lost = sale.settlement.entrants(sale.saleId)[Symbol.asyncIterator]();
  await expect(lost.next()).rejects.toThrow('does not know the sale');
});

test('a split moves a hash to the new bucket or leaves it where it was', () => {
  for (let i = 0; i < 10_000; i++) {
    const hash = randomBytes(8);
    const buckets = 1 + Math.floor(Math.random() * 500);
    const [split] = splits(buckets, 1);
    const [before, after] = [bucketOf(hash, buckets), bucketOf(hash, buckets + 1)];
    if (after !== before) expect({ from: before, to: after }).toEqual(split);
  }
});
