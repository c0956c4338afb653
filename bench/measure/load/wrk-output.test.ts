import { expect, test } from 'vitest';
import { BrokenInvariant } from '../failure.ts';
import { complaintAbout, readWrkOutput } from './wrk-output.ts';

const errors = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };
const asExpected = { unexpected: 0, unexpectedStatus: 0 };
const printed = {
  requests: 1000,
  durationUs: 1_000_000,
  bytes: 900_000,
  cpuSeconds: 0.5,
  ...asExpected,
  errors,
};
const summary = { ...printed, latencies: [10, 990, 30, 10] };

test('the summary is found among the lines that wrk prints itself', () => {
  const lines = `wrk-latency 10 990 30 10\nwrk-summary ${JSON.stringify(printed)}\n`;
  const output = `Running 1s test @ http://127.0.0.1:3000\n  1 threads\n${lines}`;
  expect(readWrkOutput(output)).toEqual(summary);
});

test('a run without a summary has no figure', () => {
  expect(() => readWrkOutput('unable to connect to 127.0.0.1:3000 Connection refused')).toThrow(
    BrokenInvariant,
  );
  expect(() => readWrkOutput('')).toThrow('no summary');
});

test('no answers, or any error, fail the run', () => {
  expect(complaintAbout(summary)).toBeNull();
  expect(complaintAbout({ ...summary, requests: 0 })).toBe('wrk got 0 answers');
  expect(complaintAbout({ ...summary, errors: { ...errors, status: 3, timeout: 1 } })).toBe(
    'of 1000 answers: 1 timeout errors, 3 status errors',
  );
});

test('where one status is expected, one answer of another fails the run, however long it is', () => {
  const refused = { ...summary, errors: { ...errors, status: 1000 } };
  expect(complaintAbout(refused, 410)).toBeNull();
  expect(complaintAbout({ ...refused, unexpected: 1, unexpectedStatus: 429 }, 410)).toBe(
    'of 1000 answers: 1 not 410 but, the last of them, 429',
  );
});
