import { createHash, randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import type { OrderStore, SaleRegister } from '../contracts/ports.ts';
import type { QuoteStore } from '../contracts/quote.ts';
import type { LiveSale } from '../contracts/sale.ts';
import type { Method } from '../contracts/wire/sales.ts';
import { permutation } from '../draw/permute.ts';
import { type TestSaleOptions, testSale, testTokenSecret } from '../fixtures/test-sale.ts';
import { createEngine } from '../index.ts';

const seed = randomBytes(32).toString('hex');
const entrantsRoot = createHash('sha256').update('a root').digest('hex');

/** A drawn sale that opens in ten seconds of its clock, and the engine of a gateway that serves it. */
async function drawnSale(method: Method, options: TestSaleOptions = {}) {
  const sale = await testSale({ method, opensInMs: 10_000, units: { ps5: 100 }, ...options });
  const engine = await createEngine({
    redisUrl: testRedisUrl(),
    tokenSecret: testTokenSecret,
    orderStore: {} as OrderStore,
    saleRegister: {} as SaleRegister,
    paymentQueue: { wake: () => {} },
    quotes: {} as QuoteStore,
  });
  onTestFinished(() => engine.close());
  const live = (await engine.sales.find(sale.saleId)) as LiveSale;
  return {
    ...sale,
    engine,
    live,
    join: (buyerId: string) => engine.waitingRoom.join(live, buyerId),
    /** What a gateway knows once it has heard of everything. */
    known: async () => (await sale.settlement.sale(sale.saleId)) as LiveSale,
    async publish(draw: { seed: string | null; drawSeed: string | null }) {
      await sale.settlement.publishDraw(sale.saleId, { entrantsRoot, beaconValue: null, ...draw });
      if (draw.drawSeed !== null) await sale.settlement.letDrawOpen(sale.saleId);
    },
  };
}

const indexOf = (joined: Awaited<ReturnType<Awaited<ReturnType<typeof drawnSale>>['join']>>) => {
  if (joined.kind !== 'joined') throw new Error(JSON.stringify(joined));
  return joined.ticket;
};

test('entrants before the freeze are called in the drawn order, later ones as they came', async () => {
  const sale = await drawnSale('queue');
  const early = await Promise.all(Array.from({ length: 20 }, (_, i) => sale.join(`early-${i}`)));
  expect(early.map((joined) => indexOf(joined).turn)).toEqual(Array(20).fill(null));
  expect(await sale.settlement.freeze(sale.saleId)).toMatchObject({ preEntrants: 20 });
  const late = await Promise.all(Array.from({ length: 5 }, (_, i) => sale.join(`late-${i}`)));
  expect(late.map((joined) => indexOf(joined).turn)).toEqual(Array(5).fill(null));
  await sale.publish({ seed, drawSeed: seed });
  await sale.pass(10_000);
  // A Redis that was busy is asked again at the next look, not in this one.
  await expect
    .poll(async () => {
      await sale.engine.runOnce();
      return sale.live;
    })
    .toMatchObject({ snapshot: { state: 'open' }, draw: { drawSeed: seed } });

  const { turnOf } = permutation(Buffer.from(seed, 'hex'), 20);
  const buyers = [...early.keys()].map((i) => `early-${i}`);
  const turns = await Promise.all(buyers.map(async (buyer) => indexOf(await sale.join(buyer))));
  expect(turns.map(({ turn }) => turn)).toEqual(turns.map(({ index }) => turnOf(index)));
  expect(turns.map(({ turn }) => turn)).not.toEqual(turns.map(({ index }) => index));
  expect(turns.map(({ turn }) => turn).sort((a, b) => Number(a) - Number(b))).toEqual([...Array(20).keys()]);
  for (const joined of late) {
    const { index } = indexOf(joined);
    expect(sale.engine.waitingRoom.turnOf(sale.live, index)).toBe(index);
  }
});

test('nothing of the draw is known before the sale has opened, and it opens only once it is drawn', async () => {
  const sale = await drawnSale('queue');
  await sale.join('ann');
  await sale.settlement.freeze(sale.saleId);
  await sale.publish({ seed: null, drawSeed: null });
  await sale.pass(12_000);
  const waiting = await sale.known();
  expect(waiting.snapshot.state).toBe('waiting');
  expect(waiting.draw).toMatchObject({ preEntrants: 1, entrantsRoot, seed: null, drawSeed: null });
  expect(sale.engine.waitingRoom.turnOf(waiting, 0)).toBeNull();

  await sale.settlement.configure(sale.saleId, 1, { opensAtMs: sale.startMs + 60_000 });
  await sale.publish({ seed, drawSeed: seed });
  const drawn = await sale.known();
  expect(drawn.draw).toMatchObject({ seed: null, drawSeed: null });
  expect(sale.engine.waitingRoom.turnOf(drawn, 0)).toBeNull();

  await sale.pass(60_000);
  const open = await sale.known();
  expect(open.snapshot.state).toBe('open');
  expect(open.draw).toMatchObject({ seed, drawSeed: seed });
  expect(sale.engine.waitingRoom.turnOf(open, 0)).toBe(0);
});

test('a lottery takes nobody in after the freeze, and gives everybody else their ticket again', async () => {
  const sale = await drawnSale('lottery');
  const joined = indexOf(await sale.join('ann'));
  await sale.settlement.freeze(sale.saleId);
  expect(await sale.join('bob')).toMatchObject({ kind: 'refused', code: 'room_closed' });
  expect(await sale.join('ann')).toMatchObject({ fresh: false, ticket: joined });
});

test('a drawn turn is given up with its place: before the opening, and when it is called', async () => {
  const sale = await drawnSale('queue', { perMinute: 60_000 });
  const joined = await Promise.all(Array.from({ length: 20 }, (_, i) => sale.join(`buyer-${i}`)));
  await sale.settlement.freeze(sale.saleId);
  // Behind all of them: a turn that was given up is passed over once somebody behind it is called.
  await sale.join('latecomer');
  await sale.publish({ seed, drawSeed: seed });
  // Nobody is told the seed before the sale opens; the place goes with its turn nevertheless.
  expect((await sale.known()).draw?.drawSeed).toBeNull();
  const leave = (buyerId: string) => sale.engine.waitingRoom.leave(sale.live, buyerId);
  expect(await leave('buyer-3')).toEqual({ kind: 'left' });
  await sale.pass(10_000);
  await expect
    .poll(async () => {
      await sale.engine.runOnce();
      return sale.live.draw?.drawSeed;
    })
    .toBe(seed);
  expect(await leave('buyer-4')).toEqual({ kind: 'left' });
  expect(await leave('buyer-4')).toEqual({ kind: 'left' });
  expect(await leave('buyer-99')).toMatchObject({ code: 'ticket_not_found' });

  const reserve = async (buyer: number) => {
    const { ticket } = indexOf(joined[buyer] as Awaited<ReturnType<typeof sale.join>>);
    const items = [{ sku: 'ps5', quantity: 1 }];
    const outcome = await sale.engine.desk.reserve(sale.live, `buyer-${buyer}`, { ticket, items });
    return outcome.kind === 'refused' ? outcome.code : outcome.kind;
  };
  expect(await Promise.all([2, 3, 4, 5].map(reserve))).toEqual(['held', 'turn_used', 'turn_used', 'held']);
});
