import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { testRedisUrl } from '../../supervisor/fixtures/stores.ts';
import { listen } from './listening.ts';

/** The Redis of this run behind something that ends connections, or keeps back that somebody is subscribed. */
async function frailRedis() {
  const upstream = new URL(testRedisUrl());
  const clients = new Set<Socket>();
  let isMute = false;
  const server = createServer((client) => {
    const redis = connect(Number(upstream.port), upstream.hostname);
    clients.add(client);
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => other.destroy());
    }
    client.on('close', () => clients.delete(client));
    client.on('data', (commands) => redis.write(commands));
    redis.on('data', (replies) => {
      if (!(isMute && replies.includes('subscribe'))) client.write(replies);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = new URL(upstream);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut: () => {
      for (const client of clients) client.destroy();
    },
    mute: (is: boolean) => {
      isMute = is;
    },
  };
}

async function listener() {
  const { url, ...frail } = await frailRedis();
  const channel = `news-${crypto.randomUUID()}`;
  const heard: string[] = [];
  const seen = { returns: 0 };
  const redis = new Redis(testRedisUrl());
  const listening = await listen(url, [channel], {
    hear: (of, message) => heard.push(`${of === channel ? 'news' : of}: ${message}`),
    onReturn: () => {
      seen.returns += 1;
    },
  });
  onTestFinished(() => {
    listening.disconnect();
    redis.disconnect();
  });
  return { ...frail, seen, heard, publish: (message: string) => redis.publish(channel, message) };
}

test('whoever listens does so again after every loss, and is told that something may have been missed', async () => {
  const { cut, seen, heard, publish } = await listener();
  await publish('first');
  await expect.poll(() => heard).toEqual(['news: first']);
  expect(seen.returns).toBe(0);
  for (const loss of [1, 2, 3]) {
    cut();
    await expect.poll(() => seen.returns).toBe(loss);
    await publish(`after ${loss}`);
    await expect.poll(() => heard.at(-1)).toBe(`news: after ${loss}`);
  }
});

test('a connection that is lost, or silent, while it subscribes ends nothing and is not the last', async () => {
  const { cut, mute, seen, heard, publish } = await listener();
  mute(true);
  cut();
  // It is back, and waits to hear that it is subscribed.
  await new Promise((resolve) => setTimeout(resolve, 200));
  cut();
  // Longer than a command may take.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(seen.returns).toBe(0);
  mute(false);
  await expect.poll(() => seen.returns, { timeout: 5_000 }).toBe(1);
  await publish('again');
  await expect.poll(() => heard).toContain('news: again');
});
