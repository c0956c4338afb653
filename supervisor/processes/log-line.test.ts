import { expect, test } from 'vitest';
import { plainLine, warningIn } from './log-line.ts';

test('warnings and worse are told, with their cause', () => {
  expect(warningIn('{"level":30,"msg":"listening"}')).toBe(null);
  expect(warningIn('{"level":40,"msg":"slow"}')).toBe('slow');
  expect(warningIn('{"level":50,"msg":"charge failed","err":{"message":"ECONNRESET"}}')).toBe(
    'charge failed: ECONNRESET',
  );
  expect(warningIn('{"level":50')).toBe(null);
  expect(warningIn('plain')).toBe(null);
});

test('a plain line is one that is no log entry', () => {
  expect(plainLine('PORT: taken')).toBe('PORT: taken');
  expect(plainLine('{"level":30,"msg":"listening"}')).toBe(null);
  expect(plainLine('  ')).toBe(null);
});
