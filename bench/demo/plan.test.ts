import { expect, it } from 'vitest';
import { planRush } from './plan.ts';

function plan(
  options: { buyers?: number; units?: number },
  openFilesMax = 20_000,
  gateways: number | null = null,
) {
  const planned = planRush({ buyers: 2000, units: 100, seed: 1, ...options }, openFilesMax, gateways);
  if (planned.kind === 'impossible') throw new Error(planned.reason);
  return planned.plan;
}

it('keeps a small rush in one process on one address', () => {
  expect(plan({})).toMatchObject({
    parts: [{ from: 0, to: 2000, localAddress: null }],
    gateways: 1,
    perMinute: 3000,
  });
});

it('spreads the default rush over two processes, and needs one gateway', () => {
  const { parts, gateways, sockets, perMinute } = plan({ buyers: 20_000, units: 1000 });
  expect(sockets).toBeGreaterThan(15_000);
  expect(parts).toEqual([
    { from: 0, to: 10_000, localAddress: null },
    { from: 10_000, to: 20_000, localAddress: null },
  ]);
  expect({ gateways, perMinute }).toEqual({ gateways: 1, perMinute: 6000 });
});

it('gives each process an address of its own where one would run out of ports', () => {
  const { parts, gateways } = plan({ buyers: 50_000 });
  expect(parts.map((part) => part.localAddress)).toEqual(['127.0.0.2', '127.0.0.3', '127.0.0.4']);
  expect(parts.at(-1)?.to).toBe(50_000);
  expect(gateways).toBe(3);
});

it('fits a low limit on open files, or says how to raise it', () => {
  expect(plan({ buyers: 20_000 }, 4096)).toMatchObject({ gateways: 7 });
  expect(planRush({ buyers: 10, units: 1, seed: 1 }, 1024, null)).toMatchObject({
    kind: 'impossible',
    reason: expect.stringContaining('ulimit -n'),
  });
});

it('lets the user choose the gateways', () => {
  expect(plan({}, 20_000, 2).gateways).toBe(2);
});

it('counts the payers as the buyers will behave', () => {
  const { payers } = plan({ buyers: 10_000 });
  expect(payers / 10_000).toBeCloseTo(0.87, 1);
});
