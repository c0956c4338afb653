import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Draw, LiveSale, SaleSnapshot } from '../../engine/contracts/sale.ts';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import {
  drawSeed,
  isIncluded,
  permutation,
  type Settlement,
  ticketHash,
  ticketWriter,
} from '../../engine/index.ts';
import { damageOn } from '../fixtures/damage.ts';
import { newSale, testHouse } from '../fixtures/test-house.ts';
import { createLog } from '../log.ts';
import { relayOnce } from '../outbox/relay.ts';
import { followRedis } from '../reconciliation/epochs.ts';
import { repeatUnheardCommands } from '../reconciliation/unheard-commands.ts';
import { commitFreeze } from './commit-freeze.ts';
import { drawStoreOn } from './draw-store.ts';
import { Draws } from './draws.ts';
import { type DueFreeze, freezeSale } from './freeze.ts';

const log = createLog('silent');
let house: Awaited<ReturnType<typeof testHouse>>;
beforeAll(async () => {
  house = await testHouse();
});
afterAll(() => house.close());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A worker's draws, with a Redis like that. It waits for its freezes on the slowest machine, unless told otherwise. */
const worker = (changes: Partial<Settlement> = {}, patienceMs = 30_000) =>
  new Draws({
    rows: house.database.pool,
    reports: house.reports,
    settlement: { ...house.settlement, ...changes },
    write: ticketWriter(house.tokenSecret),
    log,
    patienceMs,
  });

/** A drawn sale whose waiting room is open, as a gateway sees it. */
async function room(changes: Partial<CreateSale> = {}): Promise<LiveSale> {
  const sale = newSale({ method: 'queue', opensAt: inMs(600_000), ...changes });
  const created = await house.sales.create(sale);
  if (created.kind === 'refused') throw new Error(JSON.stringify(created));
  return (await house.engine.sales.find(sale.id)) as LiveSale;
}

async function join(sale: LiveSale, buyerId: string) {
  const joined = await house.engine.waitingRoom.join(sale, buyerId);
  if (joined.kind === 'refused') throw new Error(joined.code);
  return joined.ticket;
}

const crowd = (sale: LiveSale, count: number, name = 'early') =>
  Promise.all(Array.from({ length: count }, (_, i) => join(sale, `${name}-${i}`)));

const rowOf = async ({ config: { id } }: LiveSale) =>
  (await house.database.pool.query('SELECT * FROM sales WHERE id = $1', [id])).rows[0];

/** What Redis, and so every gateway, knows by now. */
const known = async ({ config: { id } }: LiveSale) => (await house.settlement.sale(id)) as LiveSale;

const openByHand = ({ config: { id } }: LiveSale) => house.sales.command(id, 'open');

test('the entrants are fixed so long before the opening, by the clock of Postgres', async () => {
  const sale = await room();
  await crowd(sale, 3);
  await worker().runOnce();
  expect((await rowOf(sale)).frozen_at).toBeNull();
  await house.database.pool.query("UPDATE sales SET opens_at = now() + interval '11 seconds' WHERE id = $1", [
    sale.config.id,
  ]);
  await worker().runOnce();
  expect((await rowOf(sale)).frozen_at).toBeNull();
  await house.database.pool.query("UPDATE sales SET opens_at = now() + interval '9 seconds' WHERE id = $1", [
    sale.config.id,
  ]);
  await worker().runOnce();
  expect(await rowOf(sale)).toMatchObject({ pre_entrants: 3, frozen_at: expect.any(Date) });
  expect((await known(sale)).snapshot.state).toBe('waiting');
});

test('what was committed is published, decides the order once the sale has opened, and can be checked', async () => {
  const sale = await room();
  const early = await crowd(sale, 300);
  const before = await known(sale);
  expect(before.draw).toBeNull();
  await openByHand(sale);
  expect((await known(sale)).snapshot.state).toBe('waiting');
  await worker().runOnce();
  const late = await crowd(sale, 10, 'late');

  const { config, draw, snapshot } = await known(sale);
  const row = await rowOf(sale);
  expect(snapshot.state).toBe('open');
  expect(draw).toMatchObject({
    preEntrants: 300,
    frozenAtMs: row.frozen_at.getTime(),
    entrantsRoot: row.entrants_root,
    seed: row.seed.toString('hex'),
    drawSeed: row.seed.toString('hex'),
  });
  expect(sha256(row.seed)).toBe(config.seedCommitment);
  expect(config.seedCommitment).toBe(before.config.seedCommitment);

  await house.engine.runOnce();
  const { turnOf } = permutation(row.seed, 300);
  const again = await Promise.all(early.map((_, i) => join(sale, `early-${i}`)));
  expect(again.map(({ turn }) => turn)).toEqual(early.map(({ index }) => turnOf(index)));
  for (const { index } of late) {
    expect(index).toBeGreaterThanOrEqual(300);
    expect(house.engine.waitingRoom.turnOf(sale, index)).toBe(index);
  }

  const store = drawStoreOn(house.database.pool, ticketWriter(house.tokenSecret), log);
  const root = row.entrants_root as string;
  for (const { index, ticket } of [early[0], early[255], early[256], early[299]] as typeof early) {
    const proof = (await store.proof(config.id, index)) as string[];
    expect(isIncluded({ index, ticketHash: ticketHash(ticket), count: 300, proof, root })).toBe(true);
    expect(isIncluded({ index, ticketHash: ticketHash(`${ticket}x`), count: 300, proof, root })).toBe(false);
    expect(store.proofAtHand(config.id, index)).toEqual(proof);
  }
  expect(await store.proof(config.id, 300)).toBeNull();
  expect(await store.proof('nowhere', 0)).toBeNull();
});

test('a proof that is not at hand is fetched meanwhile', async () => {
  const sale = await room();
  const [first] = await crowd(sale, 5);
  await openByHand(sale);
  await worker().runOnce();
  const store = drawStoreOn(house.database.pool, ticketWriter(house.tokenSecret), log);
  const { index } = first as { index: number };
  expect(store.proofAtHand(sale.config.id, index)).toBeNull();
  await expect.poll(() => store.proofAtHand(sale.config.id, index)).toHaveLength(3);

  const another = drawStoreOn(house.database.pool, ticketWriter('another secret'.padEnd(32)), log);
  await expect(another.proof(sale.config.id, index)).rejects.toThrow('are not those');
});

test('an index that was given up before the freeze is vacant, whether its buyer came back or not', async () => {
  const sale = await room();
  await crowd(sale, 6);
  for (const buyer of ['early-2', 'early-4']) await house.engine.waitingRoom.leave(sale, buyer);
  const [gone, back] = [await rowOf(sale), await join(sale, 'early-4')];
  expect([gone.pre_entrants, back.index]).toEqual([null, 6]);
  await openByHand(sale);
  await worker().runOnce();
  const { entrants_root: root, pre_entrants: count } = await rowOf(sale);
  expect(count).toBe(7);
  const store = drawStoreOn(house.database.pool, ticketWriter(house.tokenSecret), log);
  const vacant: number[] = [];
  for (let index = 0; index < count; index++) {
    const proof = (await store.proof(sale.config.id, index)) as string[];
    if (isIncluded({ index, ticketHash: null, count, proof, root })) vacant.push(index);
  }
  expect(vacant).toHaveLength(2);
  expect(vacant).not.toContain(back.index);
});

test('a lottery is closed after the freeze, and open until then', async () => {
  const sale = await room({ method: 'lottery' });
  const ticket = await join(sale, 'in time');
  await openByHand(sale);
  await worker().runOnce();
  expect(await house.engine.waitingRoom.join(sale, 'too late')).toMatchObject({ code: 'room_closed' });
  expect((await join(sale, 'in time')).ticket).toBe(ticket.ticket);
  expect((await known(sale)).draw?.preEntrants).toBe(1);
});

test('an opening by hand that Redis did not hear of is said again, once the sale is drawn', async () => {
  const sale = await room();
  const say = () => repeatUnheardCommands(house.reports, house.settlement, log, 0);
  await house.database.pool.query(
    'UPDATE sales SET opens_at = now(), open_commanded_at = now() WHERE id = $1',
    [sale.config.id],
  );
  await say();
  expect((await known(sale)).config.opensAtMs).toBeGreaterThan(Date.now());
  await worker().runOnce();
  expect((await known(sale)).snapshot.state).toBe('waiting');
  await say();
  expect((await known(sale)).snapshot.state).toBe('open');
});

test('nobody took part: the sale opens nevertheless', async () => {
  const sale = await room({ opensAt: inMs(-1_000) });
  await worker().runOnce();
  expect((await known(sale)).snapshot.state).toBe('open');
  expect(await rowOf(sale)).toMatchObject({ pre_entrants: 0, entrants_root: expect.any(String) });
});

test('several workers at once fix the same entrants under one root', async () => {
  const sale = await room();
  await crowd(sale, 40);
  await openByHand(sale);
  const joining = crowd(sale, 60, 'meanwhile');
  await Promise.all([worker(), worker(), worker()].map((one) => one.runOnce()));
  await joining;
  const row = await rowOf(sale);
  expect((await known(sale)).draw).toMatchObject({
    preEntrants: row.pre_entrants,
    entrantsRoot: row.entrants_root,
  });
  expect((await known(sale)).snapshot.state).toBe('open');
});

test('a freeze that takes long keeps no other sale waiting, and ends by itself', async () => {
  const [slow, quick] = [await room(), await room()];
  await Promise.all([crowd(slow, 3), crowd(quick, 3)]);
  await Promise.all([openByHand(slow), openByHand(quick)]);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const entrants: Settlement['entrants'] = async function* (saleId) {
    if (saleId === slow.config.id) await held;
    yield* house.settlement.entrants(saleId);
  };
  await worker({ entrants }, 10).runOnce();
  expect((await known(slow)).snapshot.state).toBe('waiting');
  await expect.poll(async () => (await known(quick)).snapshot.state).toBe('open');
  letGo();
  await expect.poll(async () => (await known(slow)).snapshot.state).toBe('open');
});

test.each(['before the seed is told', 'in the moment when it is'])(
  'who leaves between the freeze and the opening, %s, takes their turn along, also after a loss of Redis',
  async (when) => {
    const sale = await room();
    const { id } = sale.config;
    const tickets = await crowd(sale, 12);
    await openByHand(sale);
    const leave = (buyer: number) => house.engine.waitingRoom.leave(sale, `early-${buyer}`);
    const seen: string[] = [];
    const publishDraw: Settlement['publishDraw'] = async (...args) => {
      // Journaled by now, and marked with the vacant ones; or told by the outbox, which has not been read.
      if (when !== 'before the seed is told') for (const buyer of [3, 7]) await leave(buyer);
      seen.push(when);
      await house.settlement.publishDraw(...args);
    };
    const entrants: Settlement['entrants'] = async function* (saleId) {
      yield* house.settlement.entrants(saleId);
      if (when === 'before the seed is told') for (const buyer of [3, 7]) await leave(buyer);
    };
    await worker({ publishDraw, entrants }).runOnce();
    expect(seen).toHaveLength(1);
    const { drawSeed: seed } = (await known(sale)).draw as Draw;
    const { turnOf } = permutation(Buffer.from(seed as string, 'hex'), 12);
    const redis = new Redis(house.redis.url);
    onTestFinished(() => redis.disconnect());
    const marked = async () => {
      const bits = await Promise.all(
        tickets.map(({ index }) => redis.getbit(`db:{${id}}:turns`, turnOf(index))),
      );
      return bits.flatMap((bit, buyer) => (bit ? [buyer] : []));
    };
    expect(await marked()).toEqual([3, 7]);
    // Everybody is under the root, as the freeze found them.
    expect((await rowOf(sale)).pre_entrants).toBe(12);

    await leave(9);
    await relayOnce(house.database.pool, house.settlement, log, id);
    await redis.flushall();
    const parts = { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log };
    await followRedis(parts, id);
    expect(await marked()).toEqual([3, 7, 9]);
  },
);

test('who leaves right before the seed is told takes their turn along, also where another worker relays just then', async () => {
  const sale = await room();
  const { id } = sale.config;
  const tickets = await crowd(sale, 12);
  await openByHand(sale);
  let hasTold = false;
  const publishDraw: Settlement['publishDraw'] = async (...args) => {
    await join(sale, 'late');
    await house.engine.waitingRoom.leave(sale, 'early-3');
    await house.settlement.publishDraw(...args);
    hasTold = true;
  };
  // Another worker had read what came before the leave, and commits it between the look and the commit of this one.
  const outbox: Settlement['outbox'] = async (...args) => {
    const read = await house.settlement.outbox(...args);
    if (!hasTold) return read;
    hasTold = false;
    const other = { ...house.settlement, outbox: async () => ({ ...read, events: read.events.slice(0, 1) }) };
    expect(await relayOnce(house.database.pool, other, log, id)).toMatchObject({ kind: 'relayed' });
    return read;
  };
  await worker({ publishDraw, outbox }).runOnce();
  const { drawSeed: seed } = (await known(sale)).draw as Draw;
  const { turnOf } = permutation(Buffer.from(seed as string, 'hex'), 12);
  const redis = new Redis(house.redis.url);
  onTestFinished(() => redis.disconnect());
  const bits = await Promise.all(tickets.map(({ index }) => redis.getbit(`db:{${id}}:turns`, turnOf(index))));
  expect(bits.flatMap((bit, buyer) => (bit ? [buyer] : []))).toEqual([3]);
});

const dueFreeze = async (sale: LiveSale): Promise<DueFreeze> => {
  const { id, epoch, seed, beacon_at } = await rowOf(sale);
  return { id, epoch, seed, beacon_at };
};

test('the first commit counts: a worker that slept, or believes in another epoch, changes nothing', async () => {
  const sale = await room();
  await crowd(sale, 4);
  const due = await dueFreeze(sale);
  const freeze = (changes: Partial<Settlement>, epoch = due.epoch) =>
    freezeSale(
      house.database.pool,
      { ...house.settlement, ...changes },
      ticketWriter(house.tokenSecret),
      log,
      { ...due, epoch },
    );
  expect(await freeze({}, due.epoch + 1)).toEqual({ kind: 'overtaken' });
  expect((await rowOf(sale)).frozen_at).toBeNull();

  // Between reading the entrants and the commit another worker commits, and somebody has left meanwhile.
  const entrants: Settlement['entrants'] = async function* (saleId) {
    yield* house.settlement.entrants(saleId);
    await house.engine.waitingRoom.leave(sale, 'early-1');
    expect(await freeze({})).toMatchObject({ kind: 'frozen' });
  };
  expect(await freeze({ entrants })).toEqual({ kind: 'overtaken' });
  const row = await rowOf(sale);
  await worker().runOnce();
  expect((await known(sale)).draw?.entrantsRoot).toBe(row.entrants_root);
  const { rows } = await house.database.pool.query('SELECT count(*) FROM draw_blocks WHERE sale_id = $1', [
    sale.config.id,
  ]);
  expect(rows[0].count).toBe(1);
  const store = drawStoreOn(house.database.pool, ticketWriter(house.tokenSecret), log);
  expect(await store.proof(sale.config.id, 0)).toHaveLength(2);
});

test('what is fixed is fixed for Postgres, too', async () => {
  const sale = await room();
  await openByHand(sale);
  await worker().runOnce();
  const { id } = sale.config;
  for (const change of ['pre_entrants = 7', "entrants_root = 'x'", 'frozen_at = now()']) {
    await expect(
      house.database.pool.query(`UPDATE sales SET ${change} WHERE id = $1`, [id]),
    ).rejects.toMatchObject({ constraint: 'drawn_once' });
  }
  await expect(
    house.database.pool.query('UPDATE sales SET draw_seed = sha256(seed) WHERE id = $1', [id]),
  ).rejects.toThrow();
});

test.each<[string, Partial<Settlement>]>([
  ['in the middle of reading', { entrants: dyingReader }],
  ['before publishing', { publishDraw: () => crash() }],
  ['before marking the turns of those who left', { vacateTurns: () => crash() }],
  ['before the sale may open', { letDrawOpen: () => crash() }],
])('a worker that died %s is followed by another one', async (_, dying) => {
  const sale = await room();
  await crowd(sale, 5);
  await house.engine.waitingRoom.leave(sale, 'early-1');
  await openByHand(sale);
  await expect(worker(dying).runOnce()).rejects.toThrow('this worker died');
  expect((await known(sale)).snapshot.state).toBe('waiting');
  await crowd(sale, 5, 'late');
  await worker().runOnce();
  const { snapshot, draw } = await known(sale);
  expect(snapshot.state).toBe('open');
  // Who takes part was decided before it died.
  expect(draw?.preEntrants).toBe(5);
});

/** Reads a few entrants, and no more. */
async function* dyingReader(saleId: string) {
  for await (const part of house.settlement.entrants(saleId)) {
    yield part;
    await crash();
  }
}

async function crash(): Promise<never> {
  throw new Error('this worker died');
}

test('places that went with Redis right before the freeze are in the draw', async () => {
  const sale = await room();
  const { id } = sale.config;
  await crowd(sale, 3);
  await relayOnce(house.database.pool, house.settlement, log, id);
  await crowd(sale, 5);
  const redis = new Redis(house.redis.url);
  onTestFinished(() => redis.disconnect());
  await redis.flushall();
  const { reports, settlement } = house;
  await followRedis({ rows: house.database.pool, reports, settlement, log }, id);
  // The freeze is due at once; it waits for the gateway, which gives Redis back whom it had let in.
  await openByHand(sale);
  await worker().runOnce();
  expect((await rowOf(sale)).frozen_at).toBeNull();
  await house.engine.runOnce();
  await expect
    .poll(
      () =>
        worker()
          .runOnce()
          .then(() => rowOf(sale)),
      { timeout: 10_000 },
    )
    .toMatchObject({ frozen_at: expect.any(Date) });
  const places = [];
  for await (const part of settlement.entrants(id)) places.push(...part);
  expect(places.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4]);
});

test('a Redis that forgot whom it had fixed is asked again', async () => {
  const sale = await room();
  await crowd(sale, 2);
  const due = await dueFreeze(sale);
  let asked = 0;
  const freeze: Settlement['freeze'] = async (saleId) => {
    const fixed = await house.settlement.freeze(saleId);
    return fixed.kind === 'frozen' ? { ...fixed, preEntrants: fixed.preEntrants - asked++ } : fixed;
  };
  const settlement = { ...house.settlement, freeze };
  expect(
    await freezeSale(house.database.pool, settlement, ticketWriter(house.tokenSecret), log, due),
  ).toEqual({ kind: 'overtaken' });
  expect((await rowOf(sale)).frozen_at).toBeNull();
});

test('with a beacon the sale waits for what it says, and opens with it', async () => {
  const value = 'a1b2c3';
  const sale = await room({ beacon: { source: 'drand quicknet, randomness', round: 7, at: inMs(595_000) } });
  const { id } = sale.config;
  await crowd(sale, 20);
  expect(await house.sales.giveBeacon(id, value)).toMatchObject({
    code: 'invalid_transition',
    members: { state: 'scheduled' },
  });
  await openByHand(sale);
  await worker().runOnce();
  const frozen = await known(sale);
  expect(frozen.snapshot.state).toBe('waiting');
  expect(frozen.draw).toMatchObject({ preEntrants: 20, entrantsRoot: expect.any(String), drawSeed: null });
  expect((await rowOf(sale)).draw_seed).toBeNull();
  await worker().runOnce();
  expect((await known(sale)).snapshot.state).toBe('waiting');

  expect(await house.sales.giveBeacon(id, value)).toEqual({ kind: 'done' });
  expect(await house.sales.giveBeacon(id, value)).toEqual({ kind: 'done' });
  expect(await house.sales.giveBeacon(id, 'A1B2C3')).toMatchObject({ code: 'invalid_transition' });
  const open = await known(sale);
  const row = await rowOf(sale);
  expect(open.snapshot.state).toBe('open');
  expect(open.draw).toMatchObject({
    entrantsRoot: frozen.draw?.entrantsRoot,
    beaconValue: value,
    drawSeed: drawSeed(row.seed, value).toString('hex'),
    seed: row.seed.toString('hex'),
  });
});

test('a beacon that speaks while the root is being published is published, too', async () => {
  const sale = await room({ beacon: { source: 's', round: 1, at: inMs(595_000) } });
  const { id } = sale.config;
  await openByHand(sale);
  const { publishDraw } = house.settlement;
  const speaking: Settlement['publishDraw'] = async (saleId, draw) => {
    const isLate = draw.drawSeed === null;
    if (isLate) await house.database.pool.query(giveBeaconText, [id]);
    await publishDraw(saleId, draw);
  };
  await worker({ publishDraw: speaking }).runOnce();
  await worker().runOnce();
  expect((await known(sale)).snapshot.state).toBe('open');
});

const giveBeaconText = `UPDATE sales SET beacon_value = 'v', draw_seed = sha256(seed || 'v'), drawn_at = now(),
  draw_published_at = NULL WHERE id = $1`;

test("a beacon's value that Redis did not hear of is published by the next pass", async () => {
  const sale = await room({ beacon: { source: 's', round: 1, at: inMs(595_000) } });
  await openByHand(sale);
  await worker().runOnce();
  await house.redis.process.kill();
  await expect.poll(() => house.settlement.saleIds().then(String, () => 'away')).toBe('away');
  expect(await house.sales.giveBeacon(sale.config.id, 'spoken')).toEqual({ kind: 'done' });
  await house.redis.restart();
  const { reports, settlement } = house;
  const follow = () => followRedis({ rows: house.database.pool, reports, settlement, log }, sale.config.id);
  await expect
    .poll(() =>
      follow()
        .then(() => worker().runOnce())
        .then(String, () => 'away'),
    )
    .toBe('undefined');
  expect((await known(sale)).snapshot.state).toBe('open');
});

test.each([
  [
    'fixed its entrants',
    ['preEntrants', 'frozenAtMs', 'entrantsRoot', 'seed', 'drawSeed', 'isDrawReady'],
    {},
  ],
  ['was told its seeds', ['entrantsRoot', 'seed', 'drawSeed', 'isDrawReady'], {}],
  ['was told its root', ['entrantsRoot'], {}],
  ['heard that it may open', [], { isDrawReady: '0' }],
])('a drawn sale opens also where Redis comes back from before it %s', async (_, lost, older) => {
  const sale = await room({ method: 'lottery' });
  const { id } = sale.config;
  await crowd(sale, 20);
  const { database, reports, settlement } = house;
  const follow = () => followRedis({ rows: database.pool, reports, settlement, log }, id);
  await follow();
  await database.pool.query("UPDATE sales SET opens_at = now() + interval '9 seconds' WHERE id = $1", [id]);
  await worker().runOnce();
  await relayOnce(database.pool, settlement, log, id);
  const { draw } = await known(sale);

  // None of this is an event, and nobody joins a lottery after its freeze: the stream shows nothing of the loss.
  const { redis, keys, close } = damageOn(house.redis.url, database.pool, id);
  onTestFinished(close);
  if (lost.length > 0) await redis.hdel(keys.sale, ...lost);
  if (Object.keys(older).length > 0) await redis.hset(keys.sale, older);
  await house.redis.process.kill();
  await house.redis.restart();
  await expect.poll(() => follow().catch(() => 'away')).not.toBe('away');
  await worker().runOnce();
  expect((await known(sale)).draw).toEqual(draw);
  await openByHand(sale);
  expect((await known(sale)).snapshot.state).toBe('open');
});

test('a beacon is for a sale that named one, while it may still be drawn', async () => {
  expect(await house.sales.giveBeacon('nowhere', 'x')).toMatchObject({ code: 'sale_not_found' });
  const none = await room();
  expect(await house.sales.giveBeacon(none.config.id, 'x')).toMatchObject({ code: 'invalid_transition' });
  const closed = await room({ beacon: { source: 's', round: 1, at: inMs(595_000) } });
  await openByHand(closed);
  await worker().runOnce();
  await house.sales.command(closed.config.id, 'close');
  await relayOnce(house.database.pool, house.settlement, log, closed.config.id);
  expect(await house.sales.giveBeacon(closed.config.id, 'x')).toMatchObject({
    code: 'invalid_transition',
    members: { state: 'closed' },
  });
  expect((await known(closed)).draw).toMatchObject({ seed: null, drawSeed: null });
});

test('a sale that ended before its freeze is not drawn', async () => {
  const sale = await room();
  const due = await dueFreeze(sale);
  await house.sales.command(sale.config.id, 'close');
  await worker().runOnce();
  expect((await rowOf(sale)).frozen_at).toBeNull();
  expect(
    await freezeSale(house.database.pool, house.settlement, ticketWriter(house.tokenSecret), log, due),
  ).toEqual({ kind: 'ended' });
});

test('a commit is all or nothing', async () => {
  const sale = await room();
  const { id, epoch } = await rowOf(sale);
  const tree = { count: 1, root: 'r'.repeat(64), blockLevel: 8, levels: [Buffer.alloc(32)] };
  const freeze = {
    saleId: id,
    epoch: epoch + 1,
    frozenAtMs: 1,
    tree,
    places: Buffer.alloc(12),
    drawSeed: null,
  };
  expect(await commitFreeze(house.database.pool, freeze)).toBe(false);
  const { rows } = await house.database.pool.query(
    `SELECT (SELECT count(*) FROM draw_trees WHERE sale_id = $1) AS trees,
       (SELECT count(*) FROM draw_blocks WHERE sale_id = $1) AS blocks`,
    [id],
  );
  expect(rows).toEqual([{ trees: 0, blocks: 0 }]);
});

test('turns that nobody has are passed over, also after Redis lost its memory', async () => {
  const sale = await room();
  const { id } = sale.config;
  await crowd(sale, 40);
  const gone = Array.from({ length: 35 }, (_, index) => index);
  for (const index of gone) await house.engine.waitingRoom.leave(sale, `early-${index}`);
  await openByHand(sale);
  await worker().runOnce();
  const { drawSeed: seed, preEntrants } = (await known(sale)).draw as Draw;
  expect(preEntrants).toBe(40);
  const { turnOf } = permutation(Buffer.from(seed as string, 'hex'), 40);
  const redis = new Redis(house.redis.url);
  onTestFinished(() => redis.disconnect());
  const passedOver = async () => {
    const turns = await Promise.all(gone.map((index) => redis.getbit(`db:{${id}}:turns`, turnOf(index))));
    return turns.filter(Boolean).length;
  };
  const marked = () => redis.bitcount(`db:{${id}}:turns`);
  expect([await passedOver(), await marked()]).toEqual([35, 35]);
  // Ten units: the five who are left are called at once, wherever in the draw they came out.
  const { serving } = (await house.settlement.snapshot(id)) as SaleSnapshot;
  expect(serving).toBeGreaterThan(Math.max(...[35, 36, 37, 38, 39].map(turnOf)));

  await relayOnce(house.database.pool, house.settlement, log, id);
  await redis.flushall();
  await followRedis(
    { rows: house.database.pool, reports: house.reports, settlement: house.settlement, log },
    id,
  );
  expect(await passedOver()).toBe(35);

  // They are marked before anybody is called, whatever becomes of whoever rebuilds.
  await redis.flushall();
  const dying = {
    ...house.settlement,
    async rebuild(...args: Parameters<typeof house.settlement.rebuild>) {
      await house.settlement.rebuild(...args);
      throw new Error('died');
    },
  };
  const parts = { rows: house.database.pool, reports: house.reports, settlement: dying, log };
  await expect(followRedis(parts, id)).rejects.toThrow('died');
  expect((await known(sale)).snapshot.state).toBe('open');
  expect(await passedOver()).toBe(35);
});
