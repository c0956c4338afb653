import type { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { benchCommand, optionsOf } from './options.ts';
import type { Options } from './subject.ts';

const catalogue = {
  names: ['reserve', 'sold-out', 'watch'],
  defaults: ['reserve', 'sold-out'],
  about: { reserve: 'reservations', 'sold-out': 'refusals', watch: 'sockets' },
};

function parse(...args: string[]): Partial<Options> & { error?: string } {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  const command = benchCommand(catalogue, true)
    .exitOverride()
    .configureOutput({ writeErr: write, writeOut: write });
  try {
    return optionsOf(command.parse(args, { from: 'user' }), catalogue);
  } catch (error) {
    return { error: text || (error as CommanderError).message };
  }
}

test('without a scenario there are several, with short rounds', () => {
  expect(parse()).toMatchObject({
    scenarios: ['reserve', 'sold-out'],
    rounds: 3,
    seconds: 1,
    generator: 'wrk',
  });
  expect(parse('--scenario', 'watch')).toMatchObject({ scenarios: ['watch'], rounds: 5, seconds: 5 });
  expect(parse('--rounds', '7')).toMatchObject({ rounds: 7, seconds: 1 });
});

test('scenarios are listed with commas or one by one, each once', () => {
  expect(parse('--scenario', 'watch,reserve', '--scenario', 'watch').scenarios).toEqual(['watch', 'reserve']);
  expect(parse('--scenario', 'all').scenarios).toEqual(catalogue.names);
});

test('an unknown scenario is named, with those that there are', () => {
  expect(parse('--scenario', 'reserv').error).toContain(
    '"reserv" is no scenario; there are reserve, sold-out, watch',
  );
});

test('options may come in any order', () => {
  const one = parse('--threshold', 'reserve.p99<50', '--compare', 'a', 'b', '--rounds', '2');
  const other = parse('--rounds', '2', '--compare', 'a', 'b', '--threshold', 'reserve.p99<50');
  expect(one).toEqual(other);
  expect(one.compare?.map((path) => path.split('/').pop())).toEqual(['a', 'b']);
  expect(parse('--threshold', 'reserve.p99<50', '--scenario', 'reserve')).toEqual(
    parse('--scenario', 'reserve', '--threshold', 'reserve.p99<50'),
  );
});

test('a threshold has to be about what is measured', () => {
  expect(parse('--threshold', 'p99<50').error).toContain("no condition such as 'reserve.p99<50'");
  expect(parse('--threshold', 'reserv.p99<50').error).toContain('"reserv" is no scenario');
  expect(parse('--scenario', 'watch', '--threshold', 'reserve.p99<50').error).toContain(
    '"reserve" is not measured in this run (watch)',
  );
  expect(
    parse('--threshold', 'reserve.p99<50', '--threshold', 'reserve.pg-row-lock>=25').thresholds,
  ).toHaveLength(2);
});

test.each([
  [['--compare', 'a'], 'takes two runs, not 1'],
  [['--compare', 'a', 'b', 'c'], 'takes two runs, not 3'],
  [['--against', 'nowhere'], 'a URL that begins with http'],
  [['--operator', 'http://127.0.0.1:3001'], '--operator goes with --against'],
  [['--rounds', '0'], 'whole number from 1 to 100'],
  [['reserve'], 'too many arguments'],
])('%j is refused', (args, sentence) => {
  expect(parse(...args).error).toContain(sentence);
});

test('the operator of a running system is found on port 3001, or where it is said to be', () => {
  expect(parse('--against', 'http://shop.test:8080/').against).toEqual({
    origin: 'http://shop.test:8080',
    operatorOrigin: 'http://shop.test:3001',
  });
  expect(parse('--against', 'http://a:1', '--operator', 'http://b:2').against?.operatorOrigin).toBe(
    'http://b:2',
  );
});

test('--help says what each scenario measures, and which ones run by themselves', () => {
  const help = parse('--help').error;
  expect(help).toMatch(/\* reserve +reservations/);
  expect(help).toMatch(/ {3}watch +sockets/);
});
