import { expect, test } from 'vitest';
import { countCommands, totalOf } from './commands.ts';

test('what clients sent is told apart from what scripts called', () => {
  const commands = countCommands([
    '1700000000.000001 [0 127.0.0.1:50000] "evalsha" "abc" "12" "db:{x}:sale"',
    '1700000000.000002 [0 lua] "HGETALL" "db:{x}:sale"',
    '1700000000.000003 [0 lua] "XADD" "db:{x}:outbox" "*" "type" "reservation.held"',
    '1700000000.000004 [0 lua] "XADD" "db:{x}:outbox" "*" "type" "] \\"evalsha\\""',
    '1700000000.000005 [3 unix:/tmp/redis.sock] "PING"',
    '1700000000.0000',
    '',
  ]);
  expect(commands.sent).toEqual(
    new Map([
      ['evalsha', 1],
      ['ping', 1],
    ]),
  );
  expect(commands.byScripts).toEqual(
    new Map([
      ['hgetall', 1],
      ['xadd', 2],
    ]),
  );
  expect(totalOf(commands.byScripts)).toBe(3);
});
