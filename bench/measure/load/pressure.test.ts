import { expect, test } from 'vitest';
import { Scoreboard } from '../scoreboard.ts';
import { type Pressure, remarkPressure } from './pressure.ts';

function remarksOn(found: Record<string, Pressure[]>): string[] {
  const board = new Scoreboard();
  remarkPressure(board, 's', 'wrk', new Map(Object.entries(found)));
  return board.remarks;
}

test('nothing is said of who was at ease, or of whom nothing is known', () => {
  expect(remarksOn({ a: [{ generatorShare: 0.5, machineShare: 0.8, lateP99Ms: 1, p99Ms: 9 }] })).toEqual([]);
  expect(remarksOn({ a: [{}, { generatorShare: Number.NaN }], b: [] })).toEqual([]);
});

test('a generator is told of that was busy, late, or without a core', () => {
  const [busy, delayed, late, ...more] = remarksOn({
    a: [{ generatorShare: 0.97, generatorDelayShare: 0.3, lateP99Ms: 4, p99Ms: 10 }],
  });
  expect(busy).toContain('of its one core, wrk used 97 % against a');
  expect(delayed).toContain('waited for a core for 30 % against a');
  expect(late).toContain('40 % against a');
  expect(more).toEqual([]);
});

test('a machine without idle cores is told of once, with all that met it', () => {
  const [machine, ...more] = remarksOn({
    a: [{ machineShare: 0.96 }],
    b: [{ machineShare: 0.5 }],
    c: [{ machineShare: 1 }, { machineShare: 0.99 }, { machineShare: 0.2 }],
  });
  expect(machine).toContain('of all cores, 96 % against a, 99 % against c were busy');
  expect(more).toEqual([]);
});
