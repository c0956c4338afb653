import { expect, test } from 'vitest';
import type { Row } from '../../scoreboard.ts';
import { moreIsBetter, summaryOf, verdictOf } from './verdict.ts';

const row = (unit: string, median: number, min: number, max: number, opponent = 'pg-row-lock'): Row => ({
  scenario: 'reserve',
  subject: 'doorbuster',
  opponent,
  unit,
  subjectMedian: median,
  opponentMedian: 1,
  ratio: { median, min, max },
});

test('more of a rate and less of a cost are better', () => {
  expect(verdictOf(row('decisions/s by wrk', 27.12, 25, 29), 5)).toEqual({
    kind: 'better',
    words: '27.1 times as much as pg-row-lock',
    sureness: 'in every one of 5 rounds, ratio 25 to 29',
  });
  expect(verdictOf(row('ms, p99', 0.5, 0.4, 0.6), 5)).toMatchObject({
    kind: 'better',
    words: '2 times less than pg-row-lock',
  });
  expect(verdictOf(row('ms, p99', 2, 1.5, 3), 5).kind).toBe('worse');
  expect(verdictOf(row('decisions/s', 0.5, 0.4, 0.6), 5).kind).toBe('worse');
});

test('rounds that do not agree on who is ahead show no difference', () => {
  expect(verdictOf(row('decisions/s', 1.1, 0.98, 1.2), 5).kind).toBe('even');
  expect(verdictOf(row('decisions/s', 1, 1, 1), 1).kind).toBe('even');
});

test('of a ceiling the share is told, and one round is not called sure', () => {
  expect(verdictOf(row('decisions/s', 0.934, 0.9, 0.95, 'door-only'), 5)).toEqual({
    kind: 'ceiling',
    words: '93.4 % of door-only',
    sureness: '90.0 % to 95.0 % in 5 rounds',
  });
  expect(verdictOf(row('decisions/s', 3, 3, 3), 1).sureness).toBe('one round says little');
});

test('a ceiling is no opponent, whatever is measured', () => {
  expect(verdictOf(row('µs of gateway CPU a decision', 44, 40, 50, 'uws-constant'), 5)).toEqual({
    kind: 'ceiling',
    words: '44 times that of uws-constant',
    sureness: 'ratio 40 to 50 in 5 rounds',
  });
  expect(verdictOf(row('ms, p50', 3, 2, 4, 'redis round trip'), 5).kind).toBe('ceiling');
});

test('the summary names who is behind, who is ahead and what was not shown', () => {
  const rows = [
    row('decisions/s', 27, 25, 29),
    row('decisions/s', 1.5, 1.4, 1.6, 'eval-fastify'),
    row('decisions/s', 0.5, 0.4, 0.6, 'wizard'),
    row('decisions/s', 1, 0.9, 1.1, 'twin'),
    row('decisions/s', 0.9, 0.9, 0.9, 'door-only'),
    row('µs of Redis CPU a decision', 3, 3, 3, 'someone'),
  ];
  expect(summaryOf(rows.map((one) => ({ row: one, verdict: verdictOf(one, 5) })))).toBe(
    'faster than pg-row-lock, eval-fastify: 1.5 to 27 times; slower than wizard; no difference shown to twin.',
  );
  expect(summaryOf([])).toBe('');
});

test('commands a second are a cost', () => {
  expect(moreIsBetter('Redis commands/s')).toBe(false);
  expect(moreIsBetter('orders/s')).toBe(true);
  expect(moreIsBetter('µs of Redis CPU a decision')).toBe(false);
});
