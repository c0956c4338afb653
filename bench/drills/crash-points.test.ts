import { expect, test } from 'vitest';
import { crashPointOf, crashPoints } from '../../engine/contracts/crash-points.ts';
import { crashPointDrill } from './faults/crash-points.ts';

test('as many seeds as there are points take each of them once, in settings that a process understands', async () => {
  const passed: string[] = [];
  for (let seed = 1; seed <= crashPoints.length; seed++) {
    const { arrange } = await crashPointDrill.prepare(() => 0, seed, {
      awaySeconds: null,
      awayKind: null,
      minutes: null,
    });
    const env = (await arrange?.({ dataDir: '', providerUrl: '' })) ?? {};
    const at = crashPointOf(env, (point) => passed.push(point));
    for (let times = 0; times < 10; times++) for (const point of crashPoints) at(point);
  }
  expect(passed).toEqual([...crashPoints]);
});
