import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, requireFreePort } from './ports.ts';

test('a free port is left free', async () => {
  const port = await freePort();
  await requireFreePort('PORT', '127.0.0.1', port, 0);
  await requireFreePort('PORT', '127.0.0.1', port, 0);
});

test('a port that another program has is named with its setting', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void other.close());
  await expect(requireFreePort('OPERATOR_PORT', '127.0.0.1', port, 0)).rejects.toThrow(
    `OPERATOR_PORT: ${port} is taken`,
  );
});

test.each([
  ['PORT', 'HOST'],
  ['OPERATOR_PORT', 'OPERATOR_HOST'],
])('an address that is not of this machine is blamed on the host beside %s', async (setting, hostSetting) => {
  // 192.0.2.1 is kept for documentation: no machine has it.
  await expect(requireFreePort(setting, '192.0.2.1', await freePort(), 0)).rejects.toThrow(
    `${hostSetting}: "192.0.2.1" is no address of this machine`,
  );
});
