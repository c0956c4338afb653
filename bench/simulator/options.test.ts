import { expect, test } from 'vitest';
import { optionsOf, simulateCommand } from './options.ts';

function parse(...args: string[]) {
  const printed: string[] = [];
  const command = simulateCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => printed.push(text), writeOut: (text) => printed.push(text) });
  try {
    return { options: optionsOf(command.parse(args, { from: 'user' })), printed };
  } catch {
    return { options: null, printed };
  }
}

test('seeds are one or a range', () => {
  expect(parse('--seeds', '7').options?.seeds).toEqual({ from: 7, to: 7 });
  expect(parse('--seeds', '1..10000').options?.seeds).toEqual({ from: 1, to: 10_000 });
  expect(parse().options).toMatchObject({ seeds: { from: 1, to: 200 }, only: null, json: null });
});

test('places of decisions are a list with ranges', () => {
  expect(parse('--seeds', '7', '--only', '3,17,21..24').options?.only).toEqual([3, 17, 21, 22, 23, 24]);
});

test.each([
  ['--seeds', '9..1'],
  ['--seeds', 'all'],
  ['--seeds', '-1'],
  ['--seeds', '5000000000'],
  ['--seeds', '7', '--only', '3,x'],
  ['--lanes', '0'],
  ['--lanes', 'many'],
  ['--seeds', '1..2', '--story'],
  ['--seeds', '1..2', '--only', '3'],
  ['more'],
])('%s %s %s %s is refused with a sentence', (...args) => {
  const { options, printed } = parse(...args.filter((arg) => arg !== undefined));
  expect(options).toBeNull();
  expect(printed.join('')).toMatch(/^error: .+/);
});
