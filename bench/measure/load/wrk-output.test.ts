import { expect, test } from 'vitest';
import { BrokenInvariant } from '../failure.ts';
import { complaintAbout, readWrkOutput } from './wrk-output.ts';

const errors = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };
const summary = {
  requests: 1000,
  durationUs: 1_000_000,
  bytes: 900_000,
  p50Us: 10,
  p99Us: 20,
  maxUs: 30,
  errors,
};

test('the summary is found among the lines that wrk prints itself', () => {
  const output = `Running 1s test @ http://127.0.0.1:3000\n  1 threads\nwrk-summary ${JSON.stringify(summary)}\n`;
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
    'of 1000 answers: 3 status errors, 1 timeout errors',
  );
});
