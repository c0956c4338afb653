import { expect, test } from 'vitest';
import { inCrowds } from '../fixtures/in-crowds.ts';
import { testSale } from '../fixtures/test-sale.ts';
import { saleKey } from '../redis/keys.ts';

const invitedSale = () => testSale({ method: 'fifo', isByInvitation: true });
type Sale = Awaited<ReturnType<typeof testSale>>;

const join = ({ places, saleId }: Sale, buyerId: string) => places.take({ saleId, epoch: 1, buyerId });
const invite = ({ settlement, saleId }: Sale, buyerIds: string[], isAll = true, epoch = 1) =>
  settlement.invite(saleId, { epoch, buyerIds, isAll });

test('whoever is listed joins, nobody else does', async () => {
  const sale = await invitedSale();
  await invite(sale, ['ann', 'bob']);
  const outcomes = await Promise.all(['eve', 'ann', 'eve', 'bob', 'ann'].map((buyer) => join(sale, buyer)));
  expect(outcomes).toMatchObject([
    { code: 'not_invited' },
    { index: 0, fresh: true },
    { code: 'not_invited' },
    { index: 1, fresh: true },
    { index: 0, fresh: false },
  ]);
});

test('until the whole list is there, whoever is not on it is asked to come back', async () => {
  const sale = await invitedSale();
  await invite(sale, ['ann'], false);
  expect(await sale.settlement.knownInvitations(sale.saleId)).toEqual({ epoch: 1, isAll: false });
  expect(await join(sale, 'ann')).toMatchObject({ index: 0 });
  expect(await join(sale, 'bob')).toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  await invite(sale, ['bob'], true);
  expect(await sale.settlement.knownInvitations(sale.saleId)).toEqual({ epoch: 1, isAll: true });
  expect(await join(sale, 'bob')).toMatchObject({ index: 1 });
});

test('an invitation that is repeated takes no place back, and one may come after a refusal', async () => {
  const sale = await invitedSale();
  await invite(sale, ['ann']);
  await join(sale, 'ann');
  expect(await join(sale, 'bob')).toMatchObject({ code: 'not_invited' });
  await invite(sale, ['ann', 'bob'], false);
  expect(await join(sale, 'ann')).toMatchObject({ index: 0, fresh: false });
  expect(await join(sale, 'bob')).toMatchObject({ index: 1, fresh: true });
});

test('giving a place up does not take the invitation away', async () => {
  const sale = await invitedSale();
  await invite(sale, ['ann']);
  await join(sale, 'ann');
  await sale.places.leave({ saleId: sale.saleId, epoch: 1, buyerId: 'ann' });
  expect(await join(sale, 'ann')).toMatchObject({ index: 1, fresh: true });
});

test('an invitation is no place: it is not found, not left, and not drawn', async () => {
  const sale = await invitedSale();
  await invite(sale, ['ann', 'bob']);
  await join(sale, 'bob');
  const ann = { saleId: sale.saleId, epoch: 1, buyerId: 'ann' };
  expect(await sale.places.find(ann)).toBeNull();
  expect(await sale.places.leave(ann)).toEqual({ kind: 'none' });
  const met = [];
  for await (const part of sale.settlement.entrants(sale.saleId)) {
    for (const { index } of part) met.push(index);
  }
  expect(met).toEqual([0]);
});

test('a long list stays packed as the room grows with it', async () => {
  const sale = await invitedSale();
  const buyers = Array.from({ length: 5_000 }, (_, i) => `buyer-${i}`);
  await invite(sale, buyers);
  const { buckets, invited } = await sale.redis.hgetall(saleKey(sale.saleId));
  expect(Number(invited)).toBe(5_000);
  expect(Number(buckets)).toBeGreaterThan(64);
  const outcomes = await inCrowds(buyers, (buyer) => join(sale, buyer));
  expect(outcomes.every((outcome) => outcome.kind === 'place' && outcome.fresh)).toBe(true);
  expect(await join(sale, 'buyer-5000')).toMatchObject({ code: 'not_invited' });
});

test('a sale for everybody takes no list, and the list of one epoch is not that of another', async () => {
  const open = await testSale({ method: 'fifo' });
  await expect(invite(open, ['ann'])).rejects.toThrow('by invitation');
  await expect(open.settlement.knownInvitations(open.saleId)).rejects.toThrow('by invitation');
  expect(await join(open, 'bob')).toMatchObject({ index: 0 });
  const sale = await invitedSale();
  await expect(invite(sale, ['ann'], true, 2)).rejects.toThrow('epoch 2');
  expect((await sale.settlement.knownInvitations(sale.saleId)).isAll).toBe(false);
});
