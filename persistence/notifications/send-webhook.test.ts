import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { sendWebhook } from './send-webhook.ts';
import { isInternal, refusalOfUrl } from './webhook-address.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The URL of a server that does that with every request. */
async function serving(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const webhook = (url: string) => ({
  url,
  secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  messageId: 'msg_1',
  payload: '{}',
});

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  'fe80::1',
  'fd00::1',
  '2002:a00:1::',
])('%s is not of the public internet', (address) => {
  expect(isInternal(address)).toBe(true);
});

test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111'])('%s is', (address) => {
  expect(isInternal(address)).toBe(false);
});

test.each([
  'https://127.0.0.1/',
  'https://localhost/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://10.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'http://127.0.0.1/',
])('%s is refused where private addresses are', (url) => {
  expect(refusalOfUrl(url, false)).toMatchObject({ code: 'invalid_request', field: 'url' });
});

test('a name that points inward is not called', async () => {
  const url = (await serving((_, response) => response.end())).replace('127.0.0.1', 'localhost');
  const { hostname } = new URL('https://localhost.localdomain/');
  expect(refusalOfUrl(`https://${hostname}/`, false)).toBeNull();
  const attempt = await sendWebhook(webhook(`https://${hostname}:${new URL(url).port}/`), {
    allowsPrivate: false,
    timeoutMs: 5_000,
  });
  expect(attempt.status).toBeNull();
  expect(attempt.error).toMatch(/not public|ENOTFOUND|EAI_AGAIN/);
});

test('an endpoint that never answers is given up', async () => {
  const url = await serving(() => {});
  expect(await sendWebhook(webhook(url), { allowsPrivate: true, timeoutMs: 200 })).toEqual({
    status: null,
    error: 'no answer in time',
  });
});

test('an answer without end is cut off, and its status counts', async () => {
  let sentBytes = 0;
  const url = await serving((_, response) => {
    response.writeHead(200);
    const chunk = Buffer.alloc(16 * 1024);
    const go = () => {
      while (!response.destroyed && sentBytes < 64 * 1024 * 1024) {
        sentBytes += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', go);
      }
    };
    go();
  });
  expect(await sendWebhook(webhook(url), { allowsPrivate: true, timeoutMs: 5_000 })).toEqual({
    status: 200,
    error: null,
  });
  expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
});

test('an address is called as it was judged, however it is written', async () => {
  const url = await serving((_, response) => response.end());
  const options = { allowsPrivate: true, timeoutMs: 5_000 };
  for (const written of [` ${url}`, url.replace('http', 'HTTP')]) {
    expect(refusalOfUrl(written, true)).toBeNull();
    expect(await sendWebhook(webhook(written), options)).toEqual({ status: 200, error: null });
  }
  // Over TLS, which this server does not speak: the attempt fails, and is one.
  const secure = await sendWebhook(webhook(url.replace('http', 'HTTPS')), options);
  expect(secure.status).toBeNull();
  expect(secure.error).toEqual(expect.any(String));
});

test('an endpoint that switches to another protocol ends the attempt', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const attempt = await sendWebhook(webhook(url), { allowsPrivate: true, timeoutMs: 5_000 });
  expect(attempt).toEqual({ status: null, error: expect.stringContaining('without an answer') });
});
