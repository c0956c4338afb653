import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assemble, loadScripts } from './script-loader.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'scripts-'));
  mkdirSync(path.join(dir, 'includes'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const include = (name: string, text: string) =>
  writeFileSync(path.join(dir, 'includes', `${name}.lua`), text);
const assembled = (text: string) => assemble(text, path.join(dir, 'includes'), 'test');

test('an include stands where its line was, once, before what needs it', () => {
  include('one', 'local one = 1');
  include('two', '--- @include one\nlocal two = one + one');
  expect(assembled('#!lua\n--- @include one two\nreturn two')).toBe(
    '#!lua\nlocal one = 1\n\nlocal two = one + one\nreturn two',
  );
});

test('a missing include names itself and who asked for it', () => {
  include('one', '--- @include two');
  expect(() => assembled('--- @include one')).toThrow(
    'test → one includes "two", but there is no includes/two.lua',
  );
});

test('a cycle is named', () => {
  include('one', '--- @include two');
  include('two', '--- @include one');
  expect(() => assembled('--- @include one')).toThrow('include cycle: test → one → two → one');
});

test('the number of keys stands in the name of the file', () => {
  mkdirSync(path.join(dir, 'stage'));
  writeFileSync(path.join(dir, 'stage', 'move-2.lua'), '#!lua\nreturn 1');
  writeFileSync(path.join(dir, 'stage', 'join-1-each.lua'), '#!lua\nreturn 1');
  const scripts = loadScripts(dir);
  expect(scripts.get('stage/move')).toMatchObject({ keyCount: 2, keysPerElement: false });
  expect(scripts.get('stage/join')).toMatchObject({ keyCount: 1, keysPerElement: true });
  writeFileSync(path.join(dir, 'stage', 'move.lua'), '#!lua\nreturn 1');
  expect(() => loadScripts(dir)).toThrow('lua/stage/move.lua: a script is named <verb>-<number of keys>.lua');
});
