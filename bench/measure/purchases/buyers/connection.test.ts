import { expect, test } from 'vitest';
import { BrokenInvariant } from '../../failure.ts';
import { demandStatus } from './connection.ts';

test('an answer that was not due breaks the run, and is no failure of the bench', () => {
  const answer = { status: 410, text: 'HTTP/1.1 410 Gone', body: () => ({}) };
  expect(() => demandStatus(answer, 201, 'reserve')).toThrow(BrokenInvariant);
  expect(() => demandStatus({ ...answer, status: 0, text: '' }, 201, 'pay')).toThrow(
    'pay was answered by nothing',
  );
  demandStatus(answer, 410, 'reserve');
});
