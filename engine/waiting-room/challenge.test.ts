import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { testSale, testTokenSecret } from '../fixtures/test-sale.ts';
import { challenges, leadingZeroBits } from './challenge.ts';

const difficulty = 8;

function solve(challenge: string, bits = difficulty): string {
  for (let text = 0; ; text++) {
    const solved = `${challenge}:${text}`;
    if (leadingZeroBits(createHash('sha256').update(solved).digest()) >= bits) return solved;
  }
}

async function desk() {
  const { redis, saleId } = await testSale({ method: 'fifo' });
  const work = challenges(redis, testTokenSecret);
  return { saleId, ...work, challenge: work.issue(saleId, difficulty).challenge };
}

test('a solved challenge is good for one buyer, who may repeat it', async () => {
  const { saleId, spend, challenge } = await desk();
  const solved = solve(challenge);
  expect(await spend(saleId, difficulty, 'ann', solved)).toBeNull();
  expect(await spend(saleId, difficulty, 'ann', solved)).toBeNull();
  expect(await spend(saleId, difficulty, 'bob', solved)).toMatchObject({ code: 'challenge_required' });
});

test('what is unsolved, absent, altered, of another sale or too easy by now is refused', async () => {
  const { saleId, spend, issue, challenge } = await desk();
  const refused = { kind: 'refused', code: 'challenge_required', field: 'challenge' };
  const solved = solve(challenge);
  const unsolved = Array.from({ length: 1_000 }, (_, text) => `${challenge}:${text}`).find(
    (text) => leadingZeroBits(createHash('sha256').update(text).digest()) < difficulty,
  );
  expect(await spend(saleId, difficulty, 'ann', undefined)).toMatchObject(refused);
  expect(await spend(saleId, difficulty, 'ann', unsolved)).toMatchObject(refused);
  expect(await spend(saleId, difficulty, 'ann', `x${solved}`)).toMatchObject(refused);
  expect(await spend('another-sale', difficulty, 'ann', solved)).toMatchObject(refused);
  expect(await spend(saleId, difficulty + 1, 'ann', solved)).toMatchObject(refused);
  expect(
    await spend(saleId, difficulty, 'ann', solve(issue('another-sale', difficulty).challenge)),
  ).toMatchObject(refused);
});

test('zero bits are counted from the front', () => {
  expect(leadingZeroBits(Buffer.from([0x80, 0]))).toBe(0);
  expect(leadingZeroBits(Buffer.from([0x00, 0x1f]))).toBe(11);
  expect(leadingZeroBits(Buffer.from([0, 0]))).toBe(16);
});
