import type { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import type { Catalogue } from './catalogue.ts';
import { benchCommand, optionsOf } from './options.ts';
import type { Options } from './subject.ts';

const loop = ['rounds', 'duration', 'connections', 'generator'] as const;
const catalogue: Catalogue = {
  reserve: { about: 'reservations', reads: loop, alsoPosts: ['reserve-relaying'], isDefault: true },
  'sold-out': { about: 'refusals', reads: loop, isDefault: true, isRemote: true, pays: true },
  join: { about: 'places', reads: loop, isDefault: true, isRemote: true },
  watch: { about: 'sockets', reads: ['rounds', 'watchers', 'duration'], watchersMin: 2_000 },
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
    scenarios: ['reserve', 'sold-out', 'join'],
    rounds: 3,
    seconds: 1,
    generator: 'wrk',
  });
  expect(parse('--scenario', 'watch')).toMatchObject({ scenarios: ['watch'], rounds: 5, seconds: 5 });
  expect(parse('--rounds', '7')).toMatchObject({ rounds: 7, seconds: 1 });
});

test('scenarios are listed with commas or one by one, each once', () => {
  expect(parse('--scenario', 'watch,reserve', '--scenario', 'watch').scenarios).toEqual(['watch', 'reserve']);
  expect(parse('--scenario', 'all').scenarios).toEqual(Object.keys(catalogue));
});

test('an unknown scenario is named, with those that there are', () => {
  expect(parse('--scenario', 'reserv').error).toContain(
    '"reserv" is no scenario; there are reserve, sold-out, join, watch',
  );
});

test.each(['', ',', ' '])('"%s" names no scenario, and measures nothing', (names) => {
  expect(parse('--scenario', names).error).toContain('no scenario; there are reserve, sold-out, join, watch');
});

test('options may come in any order', () => {
  expect(parse('--compare', 'a', 'b').compare?.map((path) => path.split('/').pop())).toEqual(['a', 'b']);
  expect(parse('--threshold', 'reserve.p99<50', '--scenario', 'reserve')).toEqual(
    parse('--scenario', 'reserve', '--threshold', 'reserve.p99<50'),
  );
});

test('what figures stand under is known to thresholds, too', () => {
  expect(parse('--threshold', 'reserve-relaying.p99<50').thresholds).toHaveLength(1);
  expect(parse('--scenario', 'join', '--threshold', 'reserve-relaying.p99<50').error).toContain(
    '"reserve-relaying" is not measured in this run (join)',
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
  [['--compare', 'a', 'b', '--threshold', 'reserve.p99<50'], '--compare measures nothing'],
  [['--scenario', 'watch', '--watchers', '1000'], 'watch takes 2000 or more'],
  [['--scenario', 'reserve', '--rounds', '100', '--duration', '600'], 'tokens and holds last 12'],
  [['--results', 'package.json/below'], 'package.json is no folder'],
  [['--json', 'nowhere/at/all.json'], 'cannot be written to'],
  [['--against', 'http://shop.test/prefix'], 'without a path'],
  [['--provider-is-simulated'], 'goes with --against'],
  [['--against', 'http://a', '--scenario', 'reserve'], 'against another one there are join'],
  [['--against', 'http://shop.test', '--scenario', 'join,sold-out'], 'sold-out: pays with a test card'],
  [['--compare', 'a'], 'takes two runs, not 1'],
  [['--compare', 'a', 'b', 'c'], 'takes two runs, not 3'],
  [['--against', 'nowhere'], 'a URL that begins with http'],
  [['--operator', 'http://127.0.0.1:3001'], '--operator goes with --against'],
  [['--rounds', '0'], 'whole number from 1 to 100'],
  [['reserve'], 'too many arguments'],
])('%j is refused', (args, sentence) => {
  expect(parse(...args).error).toContain(sentence);
});

test('a flag that none of the scenarios reads is told of, and is no reason to refuse', () => {
  expect(parse('--scenario', 'reserve', '--watchers', '5000', '--rounds', '2').notes).toEqual([
    '--watchers is not read by reserve; it is by watch',
  ]);
  expect(parse('--scenario', 'reserve,watch', '--watchers', '5000').notes).toEqual([]);
});

test('on this machine the provider is taken for a simulated one', () => {
  expect(parse('--against', 'http://localhost:3000', '--scenario', 'sold-out').scenarios).toEqual([
    'sold-out',
  ]);
  expect(parse('--against', 'http://127.0.0.1:3000').scenarios).toContain('sold-out');
  expect(parse('--against', 'http://shop.test').scenarios).not.toContain('sold-out');
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

test('against another system there is what needs no look inside and does not pay, unless that is play money', () => {
  expect(parse('--against', 'http://a').scenarios).toEqual(['join']);
  expect(parse('--against', 'http://a', '--provider-is-simulated').scenarios).toEqual(['sold-out', 'join']);
});

test('a flag that one of several scenarios reads is no mistake', () => {
  expect(parse('--scenario', 'reserve,watch', '--watchers', '5000').watchers).toBe(5000);
});

test('--help says what each scenario measures, and which ones run by themselves', () => {
  const help = parse('--help').error;
  expect(help).toMatch(/\* reserve +reservations/);
  expect(help).toMatch(/ {3}watch +sockets/);
  expect(help).toMatch(/--watchers +watch\n/);
});
