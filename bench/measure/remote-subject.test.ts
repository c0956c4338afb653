import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BenchFailure } from './failure.ts';
import { remoteSubject } from './remote-subject.ts';

async function planeThatAnswers(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('whoever is not there, or not ready, is told at once', async () => {
  const up = await planeThatAnswers(200);
  const down = await planeThatAnswers(503);
  const nobody = 'http://127.0.0.1:1';
  const subject = (origin: string, operatorOrigin: string, secret?: string) =>
    remoteSubject({ origin, operatorOrigin }, secret, '/tmp');
  await expect(subject(up, up)).rejects.toThrow('AUTH_SECRET');
  await expect(subject(nobody, up, 's')).rejects.toBeInstanceOf(BenchFailure);
  await expect(subject(up, down, 's')).rejects.toThrow('/healthz was answered 503');
  expect(await subject(up, up, 's')).toMatchObject({ isOurs: false, origin: up, authSecret: 's' });
});
