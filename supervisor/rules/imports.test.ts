import { expect, test } from 'vitest';
import { cyclesIn } from './cycles.ts';
import { importsOf } from './imports.ts';
import { violationsIn } from './rooms.ts';
import { sourceTree } from './source-tree.ts';

const tree = sourceTree();
const file = (path: string, ...sources: string[]) => ({
  path,
  text: sources.map((source) => `import { x } from '${source}';`).join('\n'),
});

test('no room imports what it may not', () => {
  expect(violationsIn(tree)).toEqual([]);
});

test('no file reaches itself by imports', () => {
  expect(cyclesIn(tree)).toEqual([]);
});

test('every relative import names a file that is there', () => {
  const paths = new Set(tree.map(({ path }) => path));
  const missing = tree.flatMap((from) =>
    importsOf(from)
      .filter(({ isOurs, target }) => isOurs && target.endsWith('.ts') && !paths.has(target))
      .map(({ target }) => `${from.path} → ${target}`),
  );
  expect(tree.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test('every way to import is seen', () => {
  const text = [
    "import a from './a.ts';",
    "import type { B } from '../b.ts';",
    'import {\n  type C,\n  c,\n} from "./deep/c.ts";',
    "import './side-effect.ts';",
    "import * as everything from 'typebox/value';",
    "export { d } from './d.ts';",
    "export * from '@hono/node-server/serve-static';",
    "export type { E } from './e.ts';",
    `const f = await ${'import'}('./f.ts');`,
    'const g = "import x from \'./no.ts\'";',
    "export const from = './no.ts';",
  ].join('\n');
  const found = importsOf({ path: 'room/x.ts', text });
  expect(found.map(({ target, isTypeOnly }) => `${isTypeOnly ? 'type ' : ''}${target}`)).toEqual([
    ...['room/a.ts', 'type b.ts', 'room/deep/c.ts', 'room/side-effect.ts', 'typebox', 'room/d.ts'],
    ...['@hono/node-server', 'type room/e.ts', 'room/f.ts'],
  ]);
});

test.each([
  ['engine/contracts/money.ts', 'node:fs'],
  ['engine/contracts/money.ts', '../redis/keys.ts'],
  ['engine/redis/keys.ts', '../sale/directory.ts'],
  ['engine/redis/keys.ts', 'pg'],
  ['engine/reservation/reserve.ts', '../admission/tick.ts'],
  ['engine/reservation/reserve.ts', '../index.ts'],
  ['engine/reservation/reserve.ts', 'bullmq'],
  ['engine/checkout/pay.ts', 'uWebSockets.js'],
  ['gateway/routes/pay.ts', '../../persistence/orders/order-store.ts'],
  ['gateway/routes/pay.ts', '../../engine/checkout/desk.ts'],
  ['gateway/routes/pay.ts', 'ioredis'],
  ['gateway/routes/pay.ts', '../../supervisor/fixtures/stores.ts'],
  ['gateway/routes/pay.test.ts', '../../persistence/orders/order-store.ts'],
  ['persistence/orders/order-store.ts', '../../gateway/routes/pay.ts'],
  ['persistence/orders/order-store.ts', '../../engine/redis/keys.ts'],
  ['bench/load/rush.ts', '../../engine/surface.ts'],
  ['bench/load/rush.ts', 'pg'],
  ['bench/measure/sales.ts', '../../engine/redis/batcher.ts'],
  ['bench/measure/sales.ts', '../baselines/door-only/reserve.ts'],
  ['bench/baselines/stand-in.ts', '../../engine/redis/batcher.ts'],
  ['bench/baselines/door-only/reserve.ts', '../../../gateway/http/kernel.ts'],
  ['bench/baselines/pg-row-lock/store.ts', '../../../engine/redis/batcher.ts'],
  ['bench/baselines/redis-lock/store.ts', '../../measure/part.ts'],
  ['bench/measure/reserve/opponents.ts', '../../baselines/shop/store.ts'],
  ['bench/simulator/simulation.ts', '../../gateway/http/kernel.ts'],
  ['bench/simulator/simulation.ts', '../load/rush.ts'],
  ['bench/simulator/simulation.ts', 'bullmq'],
  ['bench/drills/run-drill.ts', '../simulator/run-seed.ts'],
  ['supervisor/system.ts', '../gateway/http/kernel.ts'],
  ['supervisor/system.ts', '../bench/psp/main.ts'],
])('%s may not import %s', (path, source) => {
  expect(violationsIn([file(path, source)])).toHaveLength(1);
  expect(violationsIn([{ path, text: `import type { X } from '${source}';` }])).toHaveLength(1);
});

test('composition roots, tests and the allowed ways are let through', () => {
  const allowed = [
    file('gateway/main.ts', '../engine/index.ts', '../persistence/orders/order-store.ts', 'pg', 'ioredis'),
    file('gateway/routes/pay.ts', '../../engine/surface.ts', '../../engine/contracts/ids.ts', 'typebox'),
    file(
      'gateway/routes/pay.test.ts',
      '../../supervisor/fixtures/stores.ts',
      './pay.ts',
      'vitest',
      'ioredis',
    ),
    file('engine/checkout/pay.ts', '../reservation/settle.ts', '../redis/keys.ts', './price.ts'),
    file('engine/reservation/reserve.ts', '../surface.ts', '../contracts/ids.ts', './settle.ts', 'ioredis'),
    file('engine/reservation/reserve.test.ts', '../admission/tick.ts', '../fixtures/test-sale.ts'),
    file('engine/index.ts', './checkout/desk.ts', './redis/connection.ts'),
    file('persistence/workers/charge.ts', '../../engine/surface.ts', 'pg', 'bullmq', '../orders/x.ts'),
    file('bench/baselines/door-only/reserve.ts', '../../../engine/reservation/reserve.ts'),
    file('bench/simulator/cast/programs.ts', '../../../persistence/workers/work.ts', 'ioredis', 'pg'),
  ];
  expect(violationsIn(allowed)).toEqual([]);
});

test('cycles are found, unless they are made of types', () => {
  expect(
    cyclesIn([file('a/x.ts', './y.ts'), file('a/y.ts', '../b/z.ts'), file('b/z.ts', '../a/x.ts')]),
  ).toEqual([['a/x.ts', 'a/y.ts', 'b/z.ts']]);
  expect(cyclesIn([file('a/x.ts', './x.ts')])).toEqual([['a/x.ts']]);
  const types = { path: 'a/y.ts', text: "import type { X } from './x.ts';" };
  expect(cyclesIn([file('a/x.ts', './y.ts'), types])).toEqual([]);
});
