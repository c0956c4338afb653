import { expect, test } from 'vitest';
import { topCosts } from './top-costs.ts';

test('time is counted where it was spent, and idle time is left out', () => {
  const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)') },
      { id: 2, callFrame: frame('sign', 'file:///anywhere/node_modules/fast-jwt/src/signer.js', 9) },
      { id: 3, callFrame: frame('', `file://${process.cwd()}/gateway/http/kernel.ts`, 4) },
      { id: 4, callFrame: frame('sign', 'file:///anywhere/node_modules/fast-jwt/src/signer.js', 9) },
    ],
    samples: [1, 1, 1, 1, 2, 2, 4, 3],
  };
  expect(topCosts(profile, 5)).toEqual([
    { where: 'sign fast-jwt/src/signer.js:10', share: 0.75 },
    { where: '(anonymous) gateway/http/kernel.ts', share: 0.25 },
  ]);
  expect(topCosts(profile, 1)).toHaveLength(1);
});
