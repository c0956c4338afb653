import { expect, test } from 'vitest';
import { complaintAbout } from './judge.ts';

const herd = { units: 5, buyers: 100, first: { 201: 5, 202: 95 }, again: {} };

test('everybody was decided, at once or on coming again', () => {
  expect(complaintAbout(herd)).toBeNull();
  const turnedAway = { 201: 2, 202: 90, 503: 8 };
  expect(complaintAbout({ ...herd, first: turnedAway, again: { 200: 1, 201: 2, 202: 5 } })).toBeNull();
});

test('a herd of nothing but 503s was not served', () => {
  expect(complaintAbout({ ...herd, first: { 503: 100 }, again: { 503: 100 } })).toContain('{"503":100}');
});

test('a unit that nobody holds, one too many, and somebody without an answer are told', () => {
  expect(complaintAbout({ ...herd, first: { 201: 4, 202: 96 } })).not.toBeNull();
  expect(complaintAbout({ ...herd, first: { 201: 6, 202: 94 } })).not.toBeNull();
  expect(complaintAbout({ ...herd, first: { 0: 1, 201: 5, 202: 94 } })).not.toBeNull();
});
