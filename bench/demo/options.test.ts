import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { demoCommand, optionsOf } from './options.ts';

function parse(...args: string[]): { kind: 'options'; options: object } | { kind: 'error'; text: string } {
  let text = '';
  const command = demoCommand()
    .exitOverride()
    .configureOutput({
      writeErr: (line) => {
        text += line;
      },
      writeOut: (line) => {
        text += line;
      },
    });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    return { kind: 'error', text: text || (error as CommanderError).message };
  }
  return { kind: 'options', options: optionsOf(command, new Date(1_795_174_031_123)) };
}

it('has defaults, and a seed by the clock', () => {
  expect(parse()).toEqual({
    kind: 'options',
    options: { method: 'fifo', buyers: 20_000, units: 1000, seed: 31_123, json: null, keep: false },
  });
});

it('takes what is given', () => {
  const folder = mkdtempSync(join(tmpdir(), 'demo-options-'));
  const json = join(folder, 'out.json');
  const given = [
    '--method',
    'queue',
    '--buyers',
    '2000',
    '--units=100',
    '--seed',
    '0',
    '--json',
    json,
    '--keep',
  ];
  expect(parse(...given)).toEqual({
    kind: 'options',
    options: { method: 'queue', buyers: 2000, units: 100, seed: 0, json, keep: true },
  });
  rmSync(folder, { recursive: true });
});

it.each([
  [
    ['--buyers', '0'],
    "option '--buyers <count>' argument '0' is invalid. It takes a whole number from 1 to 200000.",
  ],
  [['--buyers', '1e3'], 'whole number'],
  [['--units', '1.5'], "option '--units <count>' argument '1.5'"],
  [['--units', 'many'], 'whole number from 1 to 1000000'],
  [['--seed', '4294967296'], 'whole number from 0 to 4294967295'],
  [['--seed=-1'], 'whole number'],
  [['--json', '/no/such/folder/out.json'], '/no/such/folder cannot be written to'],
  [['--json', '/'], 'It is a directory'],
  [['--method', 'none'], 'Allowed choices are fifo, queue, lottery'],
  [['--buyer', '5'], "unknown option '--buyer'"],
  [['5000'], 'too many arguments'],
])('says what is wrong with %j', (args, message) => {
  const parsed = parse(...args);
  expect(parsed.kind).toBe('error');
  expect(parsed.kind === 'error' && parsed.text).toContain(message);
});

it('explains itself', () => {
  const help = parse('--help');
  expect(help.kind === 'error' && help.text).toMatch(/--buyers.*20000[\s\S]*--keep[\s\S]*Examples/);
});
