import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { SocketCrowd } from './crowd.ts';

test('a round ends with a failure where a socket closes before everybody was answered', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  let asked = 0;
  server.on('connection', (socket) => {
    socket.send('{"ev":"ready"}');
    socket.on('message', () => {
      asked += 1;
      if (asked === 3) socket.close();
      else socket.send('{"ev":"reserved"}');
    });
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const crowd = new SocketCrowd();
  await crowd.open({ origin, authSecret: 'a secret of a test', buyers: 2 });
  const round = { saleIds: ['a'], skus: ['a'], underWay: 2 };
  expect(await crowd.run(round)).toMatchObject({ answers: 2, wrong: null });
  await expect(crowd.run(round)).rejects.toThrow('closed');
});
