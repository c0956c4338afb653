import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { type TestSaleOptions, testSale } from '../fixtures/test-sale.ts';
import { channels, floorKeys, outboxKey, placesKey, saleKey, stockKey, turnsKey } from './keys.ts';
import { loadScripts, type Script } from './script-loader.ts';
import type { Reply } from './scripts.ts';

/** Keeps lua/README.md: what is said there of every script is checked here for every script. */
const luaDir = new URL('../../lua', import.meta.url).pathname;
const scripts = loadScripts(luaDir);

/** The file of a script as it was written, before its includes. */
function written({ name, keyCount, keysPerElement }: Script): string {
  return readFileSync(path.join(luaDir, `${name}-${keyCount}${keysPerElement ? '-each' : ''}.lua`), 'utf8');
}

/** A call of each script that does something, as [arguments after the request id, keys after the first ones]. */
interface Example {
  sale?: TestSaleOptions;
  /** `thisLife` stands for the run id of the Redis that is asked. */
  args: (string | number)[];
  /** Buckets, for scripts with a key an element. */
  buckets?: number[];
  /** Calls that have to come before it. */
  after?: [string, ...(string | number)[]][];
}

const held: [string, ...(string | number)[]] = ['reservation/reserve', 1, 'rsv-1', 'ann', -1, 'ps5:1'];
const paying: [string, ...(string | number)[]] = [
  'reservation/begin-payment',
  1,
  30_000,
  'rsv-1',
  'ann',
  'pay-1',
];
const thisLife = 'the life of this Redis';
const room: TestSaleOptions = { method: 'fifo', opensInMs: 1_000 };
const rebuilding: [string, ...(string | number)[]] = [
  'sale/begin-rebuild',
  2,
  'builder-1',
  10_000,
  '0-0',
  5_000,
];
const fields = [
  'id',
  'rebuilt',
  'method',
  'none',
  'state',
  'open',
  'serving',
  0,
  'missedBelow',
  0,
  'entrants',
  0,
];
fields.push('opensAtMs', 0, 'waitingOpensAtMs', 0, 'closesAtMs', 9e12, 'holdMs', 1_000, 'pausedTotalMs', 0);
const ended = [
  'builder-1',
  2,
  '99999999999999-0',
  0,
  0,
  64,
  fields.length / 2,
  ...fields,
  1,
  'ps5',
  1,
  0,
  1,
  0,
  0,
];
const restored: [string, ...(string | number)[]] = [
  'sale/restore',
  'builder-1',
  9e12,
  'rsv-1',
  'held',
  'ann',
  -1,
];
restored.push('ps5:1', 9e12, '', 0, 0, '[]', 'pay-1,pay-2', 1, '');
const examples: Record<string, Example> = {
  'admission/tick': { args: [500], after: [held] },
  'draw/freeze': { sale: room, args: [] },
  'waiting-room/vacate-turns': { sale: room, args: [''], after: [['draw/freeze']] },
  'draw/let-open': {
    sale: room,
    args: [],
    after: [['draw/freeze'], ['draw/publish-draw', 'drawSeed', 'ab', 'isDrawReady', '0']],
  },
  'draw/publish-draw': { sale: room, args: ['entrantsRoot', 'ab'], after: [['draw/freeze']] },
  'reservation/begin-payment': { args: paying.slice(1), after: [held] },
  'reservation/confirm': { args: ['rsv-1', 'pay-1'], after: [held, paying] },
  'reservation/extend': { args: ['rsv-1', 'ann', 'extend-1'], after: [held] },
  'reservation/initiate': { args: [1, 'rsv-1', 'ann', 'ps5:1', 'qte-1', ''] },
  'reservation/latest': { args: ['ann'], after: [held] },
  'reservation/lapsed-pins': { args: [10], after: [held, paying] },
  'reservation/read': { args: ['rsv-1', 'ann'], after: [held] },
  'reservation/release': { args: ['rsv-1', 'ann'], after: [held] },
  'reservation/renew-pin': { args: [30_000, 'rsv-1', 'pay-1'], after: [held, paying] },
  'reservation/reprice': { args: ['rsv-1', 'ann', 'qte-1'], after: [held] },
  'reservation/reserve': { args: held.slice(1) },
  'reservation/scan': { args: ['0', 500], after: [held] },
  'reservation/scan-index': { args: ['deadlines', '0', 500], after: [held] },
  'reservation/states': { args: ['rsv-1'], after: [held] },
  'reservation/restock': {
    args: ['rsv-1', 'ret-1', 'ps5:1'],
    sale: { units: { ps5: 2 } },
    after: [held, paying, ['reservation/confirm', 'rsv-1', 'pay-1']],
  },
  'reservation/return-to-held': { args: ['rsv-1', 'pay-1'], after: [held, paying] },
  'sale/adjust-units': { args: ['ps5', 5] },
  'sale/begin-epoch': { args: [2, 100_000, 200_000, thisLife] },
  'sale/begin-rebuild': { args: [2, 'builder-1', 10_000, '0-0', 5_000] },
  'sale/end-rebuild': { args: ended, after: [rebuilding, restored] },
  'sale/give-back': { args: ['ps5'], after: [['sale/command', 'close']] },
  'sale/keep-rebuild': { args: ['builder-1'], after: [rebuilding] },
  'sale/list-items': { args: ['[]', 'ps5', 'case'] },
  'sale/look': { args: [], after: [held] },
  'sale/scan-buyers': { args: ['0', 500], after: [held] },
  'sale/command': { args: ['pause'] },
  'sale/configure': { args: [1, 'perMinute', 600] },
  'sale/restore': { args: restored.slice(1), after: [rebuilding] },
  'sale/publish': { args: [1, 0, 'ps5', 1] },
  'waiting-room/find-place': { args: [64, 'place-of-ann'], buckets: [0] },
  'waiting-room/grant': { args: [100_000, 200_000] },
  'waiting-room/grow': { args: [64], buckets: [0, 64] },
  'waiting-room/invite': {
    sale: { ...room, isByInvitation: true },
    args: [1, 64, 1, 'place-of-ann'],
    buckets: [0],
  },
  'waiting-room/join': { sale: room, args: [1, 64, 'placeOfAnn12', 'cGxhY2VPZkFubjEy', ''], buckets: [0] },
  'waiting-room/leave': {
    sale: room,
    args: [64, 'place-of-ann', 'cGxhY2Utb2YtYW5u', 'ann', -1, -1],
    buckets: [0],
  },
  'waiting-room/restore-places': {
    args: ['builder-1', 64, 'place-of-ann', '7'],
    buckets: [0],
    after: [rebuilding],
  },
  'waiting-room/signs-of-life': { args: ['ann'], after: [held] },
  'waiting-room/turn-status': { args: ['ann', -1], after: [held] },
};

function keysOf({ name, keyCount }: Script, saleId: string, buckets: number[] = []): string[] {
  const fixed = {
    1: [saleKey(saleId)],
    2: [saleKey(saleId), name === 'waiting-room/vacate-turns' ? turnsKey(saleId) : outboxKey(saleId)],
    3:
      name === 'waiting-room/join'
        ? [saleKey(saleId), outboxKey(saleId), turnsKey(saleId)]
        : [saleKey(saleId), stockKey(saleId), outboxKey(saleId)],
    12: floorKeys(saleId),
  };
  return [...fixed[keyCount as 1 | 2 | 3 | 12], ...buckets.map((bucket) => placesKey(saleId, bucket))];
}

function call(redis: Redis, name: string, keys: string[], args: (string | number)[]): Promise<Reply> {
  const { source } = scripts.get(name) as Script;
  return redis.eval(source, keys.length, ...keys, `request-of-${name}`, ...args) as Promise<Reply>;
}

/** Everything that Redis knows of a sale, to be compared. */
async function allOf(redis: Redis, saleId: string): Promise<(string | null)[]> {
  const keys = [...floorKeys(saleId), placesKey(saleId, 0), placesKey(saleId, 64)];
  return Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('hex') ?? null));
}

async function prepared(name: string) {
  const { sale: options, args, buckets, after } = examples[name] as Example;
  const sale = await testSale({ ...options, redisUrl: testRedisUrl(4) });
  const { redis, saleId } = sale;
  for (const [before, ...beforeArgs] of after ?? []) {
    await call(redis, before, keysOf(scripts.get(before) as Script, saleId), beforeArgs);
  }
  const keys = keysOf(scripts.get(name) as Script, saleId, buckets);
  const { runId } = await sale.settlement.life(saleId);
  const given = args.map((argument) => (argument === thisLife ? runId : argument));
  return { redis, saleId, keys, ask: (on = keys) => call(redis, name, on, given) };
}

test('every script has an example here', () => {
  expect(Object.keys(examples).sort()).toEqual([...scripts.keys()].sort());
});

describe.each([...scripts.values()])('$name', (script) => {
  const { name, source, keyCount, keysPerElement } = script;
  const [first, ...lines] = written(script).split('\n');
  const header = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('--') || line.startsWith('---')),
  );
  const body = lines.slice(header.length).join('\n');

  test('is checked by Redis before it runs, and says what it takes, answers and tells', () => {
    expect(first).toMatch(/^#!lua( flags=no-writes)?$/);
    expect(header[0]).toMatch(/^-- [A-Z]/);
    expect(header).toContainEqual(expect.stringMatching(/^-- KEYS {2}\S/));
    expect(header).toContainEqual(expect.stringMatching(/^-- ARGV {2}1 (requestId|batchId) +echoed$/));
    expect(header).toContainEqual(expect.stringMatching(/^-- Reply \{?(requestId|batchId)?/));
    const tells = /\b(emit\w+|enter|hold|returnUnits|handOver|touch|closeWhenSoldOut)\(/.test(body);
    if (tells) expect(header).toContainEqual(expect.stringMatching(/^-- Event (sale|reservation|whatever)/));
  });

  test('touches the keys it was given, all of them, and spells none', () => {
    const used = new Set([...source.matchAll(/KEYS\[(\d+)\]/g)].map(([, n]) => Number(n)));
    expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: keyCount }, (_, i) => i + 1));
    expect(/KEYS\[\w*[a-z]/.test(source)).toBe(keysPerElement);
    const code = source.replaceAll(/--.*$/gm, '');
    expect(
      [...code.matchAll(/'([^']*db:[^']*)'/g)]
        .map(([, text]) => text)
        .filter((text) => text !== channels.pushes),
    ).toEqual([]);
    const given = new Set(
      [...code.matchAll(/local ([\w, ]+?) = KEYS\[/g)].flatMap(([, names]) => names?.split(', ') ?? []),
    );
    for (const [, command, argument] of code.matchAll(
      /redis\.p?call\('(\w+)'(?:, 'STREAM')?(?:, ([\w[\]. +-]+))?/g,
    )) {
      if (
        command === 'TIME' ||
        command === 'INFO' ||
        (command === 'PUBLISH' && code.includes(`'PUBLISH', '${channels.pushes}'`))
      )
        continue;
      const isGiven =
        given.has(argument ?? '') ||
        /^KEYS\[/.test(argument ?? '') ||
        (command === 'TYPE' && argument === 'key');
      expect(isGiven, `${command} ${argument}`).toBe(true);
    }
  });

  test('tells the outbox whatever it moves, in the function that moves it', () => {
    for (const [text, moves] of source.matchAll(/^local function (\w+)\([\s\S]*?^end$/gm)) {
      if (moves === 'moveUnits' || !text.includes('moveUnits(')) continue;
      expect(text, moves).toMatch(/\bemitReservation\(/);
    }
  });

  test('echoes the request id, and called again at once it changes nothing', async () => {
    const { redis, saleId, ask } = await prepared(name);
    expect((await ask())[0]).toBe(`request-of-${name}`);
    const after = await allOf(redis, saleId);
    expect((await ask())[0]).toBe(`request-of-${name}`);
    expect(await allOf(redis, saleId)).toEqual(after);
  });

  test('writes nothing where a key is of another type', async () => {
    const { redis, saleId, keys, ask } = await prepared(name);
    // Whatever lies there, of any type, is what they remove.
    const removes: Record<string, number> = { 'sale/begin-rebuild': 0, 'waiting-room/restore-places': 1 };
    const guarded = keys.slice(0, removes[name] ?? keys.length);
    for (const key of guarded) {
      await redis.rename(key, `${key}:aside`).catch(() => {});
      await redis.lpush(key, 'something else');
      const before = await allOf(redis, saleId);
      await expect(ask(), key).rejects.toThrow('WRONGTYPE');
      expect(await allOf(redis, saleId), key).toEqual(before);
      await redis.del(key);
      await redis.rename(`${key}:aside`, key).catch(() => {});
    }
  });

  test('makes nothing of a sale that Redis does not know', async () => {
    const { redis, keys, saleId, ask } = await prepared(name);
    // These two make a sale out of nothing.
    if (name === 'sale/begin-rebuild') {
      return expect((await ask()).slice(0, 2)).toEqual([`request-of-${name}`, 1]);
    }
    if (name === 'sale/publish') return expect(await ask()).toEqual([`request-of-${name}`, 0, '1']);
    const unknown = keys.map((key) => key.replace(saleId, `no-${saleId}`));
    const [echo, code] = await ask(unknown);
    expect(echo).toBe(`request-of-${name}`);
    expect(code).toBeLessThanOrEqual(0);
    expect(await allOf(redis, `no-${saleId}`)).toEqual(Array(14).fill(null));
  });

  test('as Redis gets it', async () => {
    await expect(source).toMatchFileSnapshot(`./assembled/${name.replace('/', '.')}.lua`);
  });
});

test('no snapshot is left of a script that is gone', () => {
  const kept = readdirSync(new URL('./assembled', import.meta.url)).map((file) => file.replace('.lua', ''));
  expect(kept.sort()).toEqual([...scripts.keys()].map((name) => name.replace('/', '.')).sort());
});
