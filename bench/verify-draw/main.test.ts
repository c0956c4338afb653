import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawnSale } from './fixtures/drawn-sale.ts';

const sale = await drawnSale(300, '8f2a41c09d');
let folder = '';
let server: Server;
let origin = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-draw-'));
  const tickets = await Promise.all([7, 8, 299, 300].map(sale.ticketAt));
  const save = (name: string, document: unknown) => writeFile(join(folder, name), JSON.stringify(document));
  await Promise.all([
    save('draw.json', sale.draw),
    save('kept.json', sale.beforeOpening),
    save('ticket.json', tickets[0]),
    save('forged.json', { ...tickets[0], turn: 0, ahead: 0 }),
    writeFile(
      join(folder, 'tickets.ndjson'),
      tickets.map((ticket) => `${JSON.stringify(ticket)}\n`).join('\n'),
    ),
  ]);
  server = createServer((_, response) => response.end(JSON.stringify(sale.draw))).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** Runs the command as `npm run verify-draw` does, in the folder of the documents. */
function run(...options: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...options], {
    cwd: folder,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

test('a ticket of a finished sale is verified offline, a line a check', async () => {
  const { code, out, err } = await run(
    ...[
      '--draw',
      'draw.json',
      '--ticket',
      'ticket.json',
      '--earlier',
      'kept.json',
      '--tickets',
      'tickets.ndjson',
    ],
  );
  expect(err).toBe('');
  const marks = out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(' '));
  expect(marks.slice(0, 7)).toEqual([
    ...['ok commitment', 'ok beacon', 'ok draw seed', 'ok kept copy', 'ok turn', 'ok entrant', 'ok tickets'],
  ]);
  expect(out).toContain('ps5-friday: nothing contradicts the draw');
  expect(code).toBe(0);
});

test('the draw is fetched; what is wrong is named, and the command fails', async () => {
  const url = `${origin}/api/v1/sales/ps5-friday/draw`;
  const { code, out } = await run('--url', url, '--ticket', 'forged.json');
  expect(out).toMatch(/^ok {6}commitment .*\nok {6}beacon .*\nok {6}draw seed /);
  expect(out).toMatch(/^FAILED {2}turn .*but the ticket was told 0$/m);
  expect(out).toContain('1 of 6 checks FAILED');
  expect(code).toBe(1);
});

test.each([
  [['--draw', 'nowhere.json'], /^verify-draw: nowhere\.json: cannot be read \(ENOENT\)\n$/],
  [[], /^error: give either --draw or --url\n$/],
])('%j ends in one line and exit code 1', async (options, line) => {
  const { code, out, err } = await run(...options);
  expect(out).toBe('');
  expect(err).toMatch(line);
  expect(code).toBe(1);
});

test('--help names every option', async () => {
  const { code, out } = await run('--help');
  for (const option of ['--draw', '--url', '--ticket', '--tickets', '--earlier'])
    expect(out).toContain(option);
  expect(code).toBe(0);
});
