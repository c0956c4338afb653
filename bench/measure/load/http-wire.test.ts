import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpWire, postText, readAnswer } from './http-wire.ts';

const listening = async (server: Server) => {
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

test('an answer is whole when its body is', () => {
  const whole = 'HTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 2\r\n\r\n{}';
  for (let at = 0; at < whole.length; at++) expect(readAnswer(whole.slice(0, at))).toBeNull();
  expect(readAnswer(whole)).toEqual({ status: 201, length: whole.length });
  expect(readAnswer(`${whole}HTTP/1.1 200`)).toEqual({ status: 201, length: whole.length });
  expect(readAnswer('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n')?.status).toBe(304);
  expect(readAnswer('HTTP/1.1 204 No Content\r\n\r\n')).toEqual({ status: 204, length: 27 });
});

test('what is sent is a request that any server understands, again and again on one connection', async () => {
  const seen: string[] = [];
  const hosts: string[] = [];
  const origin = await listening(
    createServer((request, response) => {
      let body = '';
      request.on('data', (text) => {
        body += text;
      });
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        hosts.push(String(request.headers.host));
        response.writeHead(201, { 'Content-Length': 2 }).end('{}');
      });
    }),
  );
  const wire = await HttpWire.open(origin);
  expect(await wire.ask(postText('/a', '{"b":1}'), 'T1')).toBe(201);
  expect(await wire.ask(postText('/a', '{"b":1}'), 'T2')).toBe(201);
  expect(seen).toEqual(['POST /a Bearer T1 {"b":1}', 'POST /a Bearer T2 {"b":1}']);
  expect(hosts).toEqual([new URL(origin).host, new URL(origin).host]);
  wire.close();
});

test('a connection that ends without an answer is told as 0', async () => {
  const origin = await listening(createServer((request) => request.socket.destroy()));
  const wire = await HttpWire.open(origin);
  expect(await wire.ask(postText('/', '{}'), 'T')).toBe(0);
});

test('a connection that was closed while nobody asked is opened again by the next request', async () => {
  const server = createServer((_, response) => response.writeHead(201, { 'Content-Length': 2 }).end('{}'));
  const wire = await HttpWire.open(await listening(server));
  expect(await wire.ask(postText('/', '{}'), 'T')).toBe(201);
  server.closeAllConnections();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await wire.ask(postText('/', '{}'), 'T')).toBe(201);
  wire.close();
});

test('where nobody listens any more, the next request has failed', async () => {
  const server = createServer((_, response) => response.writeHead(201, { 'Content-Length': 2 }).end('{}'));
  const wire = await HttpWire.open(await listening(server));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await wire.ask(postText('/', '{}'), 'T')).toBe(0);
});

test('no answer within the time is told as 0', async () => {
  const wire = await HttpWire.open(await listening(createServer(() => {})), 50);
  expect(await wire.ask(postText('/', '{}'), 'T')).toBe(0);
});
