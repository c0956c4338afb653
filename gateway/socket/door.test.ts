import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDoor, script, tokenFor } from '../fixtures/door.ts';
import { pause } from '../fixtures/http-client.ts';
import { SocketClient } from '../fixtures/socket-client.ts';
import { TrustedProxies } from '../guard/address.ts';
import { Limits } from '../guard/limits.ts';
import type { SocketDoor } from './door.ts';

let door: SocketDoor;
let port: number;
let close: () => void;

beforeAll(async () => {
  ({ door, port, close } = await openDoor());
});
afterAll(() => close());

describe('who is there', () => {
  test('a login by frame', async () => {
    const client = await SocketClient.open(port);
    const ready = await client.ask({ op: 'auth', token: tokenFor('ana') });
    expect(ready).toMatchObject({ ev: 'ready', buyerId: 'ana', heartbeatSeconds: 20 });
    expect(await client.ask({ op: 'auth', token: tokenFor('ana') })).toMatchObject({ ev: 'ready' });
    expect(await client.ask({ op: 'auth', token: tokenFor('bea') })).toMatchObject({
      ev: 'error',
      code: 'forbidden',
    });
    client.close();
  });

  test('a login by subprotocol, which only names ours in the answer', async () => {
    const client = await SocketClient.open(port, {
      protocols: ['doorbuster.v1', `bearer.${tokenFor('ana')}`],
    });
    expect(client.ws.protocol).toBe('doorbuster.v1');
    expect(await client.next('ready')).toMatchObject({ buyerId: 'ana' });
    client.close();
  });

  test('a bad token by subprotocol says why, and closes', async () => {
    const client = await SocketClient.open(port, { protocols: ['doorbuster.v1', 'bearer.nonsense'] });
    expect(await client.next('error')).toMatchObject({ code: 'unauthenticated' });
    expect(await client.closed).toBe(4401);
  });

  test('a bad token by frame leaves the socket open', async () => {
    const client = await SocketClient.open(port);
    const error = await client.ask({ op: 'auth', token: 'nonsense' });
    expect(error).toMatchObject({ ev: 'error', code: 'unauthenticated', retryable: false });
    expect(error).not.toHaveProperty('status');
    expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    client.close();
  });

  test('whoever neither logs in nor watches has to go; a watcher may stay', async () => {
    const [idle, watching] = [await SocketClient.open(port), await SocketClient.open(port)];
    await watching.ask({ op: 'watch', saleId: 'ps5' });
    door.dismiss(Date.now() + 4_000);
    expect(await idle.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    door.dismiss(Date.now() + 5_100);
    expect(await idle.closed).toBe(4401);
    expect(await watching.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    watching.close();
  });

  test('whoever watches nothing any more is as whoever never did', async () => {
    const [gone, still, known] = [
      await SocketClient.open(port),
      await SocketClient.open(port),
      await SocketClient.open(port, { token: tokenFor('ana') }),
    ];
    for (const client of [gone, still, known]) {
      await client.ask({ op: 'watch', saleId: 'ps5' });
      await client.ask({ op: 'watch', saleId: 'doors' });
    }
    // Past the time in which they had to log in or watch.
    door.dismiss(Date.now() + 5_100);
    for (const client of [gone, still, known]) await client.ask({ op: 'unwatch', saleId: 'ps5' });
    for (const client of [gone, known]) await client.ask({ op: 'unwatch', saleId: 'doors' });
    door.dismiss(Date.now() + 4_000);
    expect(await gone.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    door.dismiss(Date.now() + 5_100);
    expect(await gone.closed).toBe(4401);
    for (const client of [still, known])
      expect(await client.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    // Until the token expires, which counts whatever is watched.
    door.dismiss(Date.now() + 60_000);
    expect(await known.closed).toBe(4401);
    still.close();
  });

  test('an expired token closes the socket, by itself and on its next frame', async () => {
    const [silent, busy] = [
      await SocketClient.open(port, { token: tokenFor('ana', 60_000) }),
      await SocketClient.open(port, { token: tokenFor('bea', 3_000) }),
    ];
    await pause(3_100);
    busy.send({ op: 'ping', ref: 1 });
    expect(await busy.closed).toBe(4401);
    expect(await silent.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    door.dismiss(Date.now() + 60_000);
    expect(await silent.closed).toBe(4401);
  });

  test('a foreign origin may not open a socket', async () => {
    await expect(
      SocketClient.open(port, { headers: { origin: 'https://elsewhere.example' } }),
    ).rejects.toThrow('403');
    const own = await SocketClient.open(port, { headers: { origin: `http://127.0.0.1:${port}` } });
    own.close();
  });

  test('a full house and a spent limit are said before the upgrade', async () => {
    const limits = new Limits(
      { RATE_BUYER_PER_SECOND: 1, RATE_BUYER_BURST: 1, RATE_ADDRESS_PER_SECOND: 1, RATE_ADDRESS_BURST: 2 },
      { isLoopbackExempt: false },
    );
    const full = await openDoor({ socketsMax: 1 });
    const limited = await openDoor({ limits });
    try {
      const first = await SocketClient.open(full.port);
      await expect(SocketClient.open(full.port)).rejects.toThrow('503');
      first.close();
      const clients = [await SocketClient.open(limited.port), await SocketClient.open(limited.port)];
      await expect(SocketClient.open(limited.port)).rejects.toThrow('429');
      for (const client of clients) client.close();
    } finally {
      full.close();
      limited.close();
    }
  });
});

test('an address has so many sockets, whoever vouches for it, and another one when one has closed', async () => {
  const limits = new Limits(
    {
      RATE_BUYER_PER_SECOND: 100,
      RATE_BUYER_BURST: 100,
      RATE_ADDRESS_PER_SECOND: 100,
      RATE_ADDRESS_BURST: 100,
      SOCKETS_PER_ADDRESS: 2,
    },
    { isLoopbackExempt: false },
  );
  const narrow = await openDoor({ limits, proxies: new TrustedProxies('127.0.0.1') });
  const from = (address: string) =>
    SocketClient.open(narrow.port, { headers: { 'x-forwarded-for': address } });
  try {
    const first = await from('198.51.100.1');
    await from('198.51.100.1');
    await expect(from('198.51.100.1')).rejects.toThrow('429');
    await from('198.51.100.2');
    expect(narrow.door.openCount).toBe(3);
    first.close();
    await expect.poll(() => narrow.door.openCount).toBe(2);
    await from('198.51.100.1');
    await expect(from('198.51.100.1')).rejects.toThrow('429');
  } finally {
    narrow.close();
  }
});

describe('what closes a socket', () => {
  test('malformed again and again', async () => {
    const client = await SocketClient.open(port);
    for (let frame = 0; frame < 10; frame += 1) client.sendText('hello');
    expect(await client.closed).toBe(4400);
  });

  test('flooding', async () => {
    const client = await SocketClient.open(port);
    for (let ref = 0; ref <= 100; ref += 1) client.send({ op: 'ping', ref });
    expect(await client.closed).toBe(4429);
  });

  test.each([
    ['over 16 KiB', 17_000],
    ['of 1 MB', 1_000_000],
    ['of 1 MiB', 1_048_576],
  ])('a frame %s', async (_, bytes) => {
    const client = await SocketClient.open(port);
    client.sendText('a'.repeat(bytes));
    expect(await client.closed).toBe(1009);
  });

  test('a frame far over that is cut off', async () => {
    const client = await SocketClient.open(port);
    client.sendText('a'.repeat(3_000_000));
    expect(await client.closed).toBe(1006);
  });

  test('random bytes harm nobody else', async () => {
    const honest = await SocketClient.open(port, { token: tokenFor('ana') });
    await Promise.all(
      Array.from({ length: 50 }, async (_, seed) => {
        const client = await SocketClient.open(port);
        const bytes = Buffer.from(
          Array.from({ length: 200 }, (__, at) => (at * 7919 + seed * 104_729) % 256),
        );
        (client.ws as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);
        client.ws.terminate();
      }),
    );
    expect(await honest.ask({ op: 'ping' })).toMatchObject({ ev: 'pong' });
    honest.close();
  });
});

test('a socket that does not read is cut off, and the others are not kept waiting', async () => {
  const handshake = [
    'GET /ws HTTP/1.1',
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    '\r\n',
  ].join('\r\n');
  // Sockets of other tests that close meanwhile would count as the one that is to be cut off.
  await expect.poll(() => door.openCount).toBe(0);
  const deaf = connect({ port, host: '127.0.0.1' });
  let isClosed = false;
  let heard = '';
  deaf.on('error', () => {});
  deaf.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  deaf.on('close', () => {
    isClosed = true;
  });
  deaf.write(handshake);
  await expect.poll(() => heard).toContain('101 Switching Protocols');
  const payload = Buffer.from('{"op":"watch","ref":1,"saleId":"ps5"}');
  deaf.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  await expect.poll(() => heard).toContain('"ref":1');
  deaf.pause();
  const watcher = await SocketClient.open(port);
  await watcher.ask({ op: 'watch', saleId: 'ps5' });
  expect(door.openCount).toBe(2);
  const text = 'x'.repeat(60_000);
  for (let notice = 0; notice < 400 && door.openCount > 1; notice += 1) {
    script.notice('ps5', text);
    await watcher.next('notice');
  }
  // By now: its idle timeout would close it, too, and much later.
  expect(door.openCount).toBe(1);
  deaf.destroy();
  expect(isClosed || deaf.destroyed).toBe(true);
  watcher.close();
});

test('a gateway that goes down says so to every socket', async () => {
  const leaving = await openDoor();
  const clients = await Promise.all(Array.from({ length: 30 }, () => SocketClient.open(leaving.port)));
  const codes = Promise.all(clients.map((client) => client.closed));
  await leaving.door.farewell();
  expect(new Set(await codes)).toEqual(new Set([1012]));
  await expect(SocketClient.open(leaving.port)).rejects.toThrow('503');
  leaving.close();
});
