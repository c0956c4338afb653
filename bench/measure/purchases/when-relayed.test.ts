import { expect, test } from 'vitest';
import type { Audit } from '../../../engine/contracts/wire/sales.ts';
import { whenRelayed } from './when-relayed.ts';

test('what is read is from before the audit that finds nothing left', async () => {
  const lags = [7, 2, 0];
  let audits = 0;
  const audit = async () => ({ relay: { lagEntries: lags[audits++] } }) as Audit;
  expect(await whenRelayed({ id: 's', audit }, () => audits, 1)).toBe(2);
});
