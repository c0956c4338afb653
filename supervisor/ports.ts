import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartFailure } from './start-failure.ts';

/**
 * Fails with one line where the port cannot be had within `patienceMs`. uWebSockets.js listens with
 * SO_REUSEPORT and would quietly share the port with a forgotten process, so it is bound exclusively first.
 * `setting` names the environment variable at fault.
 */
export async function requireFreePort(
  setting: string,
  host: string,
  port: number,
  patienceMs: number,
): Promise<void> {
  const begun = performance.now();
  let reason = await bindOnce(host, port);
  while (reason === 'EADDRINUSE' && performance.now() - begun < patienceMs) {
    await sleep(100);
    reason = await bindOnce(host, port);
  }
  if (reason === null) return;
  if (reason === 'EADDRINUSE') {
    throw new StartFailure(`${setting}: ${port} is taken by another program; set ${setting} to a free port`);
  }
  // ENOTFOUND, EADDRNOTAVAIL and their like: no port of that address could be had.
  const hostSetting = setting.replace('PORT', 'HOST');
  throw new StartFailure(
    reason === 'EACCES'
      ? `${setting}: this account may not listen on port ${port}; set ${setting} to one above 1023`
      : `${hostSetting}: "${host}" is no address of this machine (${reason}); set ${hostSetting} to one that is`,
  );
}

/**
 * A free loopback port below the range that the kernel gives to outgoing connections (32768 and up on
 * Linux): a store that is restarted must find its port again, however many clients are connecting.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(15_000, 32_000);
    if ((await bindOnce('127.0.0.1', port)) === null) return port;
  }
  throw new StartFailure('no free loopback port was found between 15000 and 32000');
}

/** Null when the address could be bound, else the system's code for why not. */
function bindOnce(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
