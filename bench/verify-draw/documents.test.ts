import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DrawDocument, fetchDocument, readDocument, readLines, TicketDocument } from './documents.ts';
import { drawnSale } from './fixtures/drawn-sale.ts';

const sale = await drawnSale(10, 'c0ffee');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verify-draw-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function saved(text: string): Promise<string> {
  const path = join(folder, 'document.json');
  await writeFile(path, text);
  return path;
}

test('a draw and a ticket are read, members that are not known among them', async () => {
  const text = JSON.stringify({ ...sale.draw, more: true });
  expect(await readDocument(await saved(text), DrawDocument)).toMatchObject(sale.draw);
  const ticket = await sale.ticketAt(4);
  expect(await readDocument(await saved(JSON.stringify(ticket)), TicketDocument)).toEqual(ticket);
  expect(await readDocument(await saved(JSON.stringify(sale.beforeOpening)), DrawDocument)).toBeTruthy();
});

test.each([
  ['<html>', 'is not JSON'],
  ['[]', 'the document is not what docs/draw.md describes'],
  [JSON.stringify({ ...sale.draw, seed: sale.draw.seed?.toUpperCase() }), '/seed is not what'],
  [JSON.stringify({ ...sale.draw, seed: `${sale.draw.seed}00` }), '/seed is not what'],
  [JSON.stringify({ ...sale.draw, preEntrants: 10.5 }), '/preEntrants is not what'],
  [JSON.stringify({ ...sale.draw, beacon: { ...sale.draw.beacon, value: 'c0 ffee' } }), '/beacon'],
  [JSON.stringify({ ...sale.draw, frozenAt: 'yesterday' }), '/frozenAt is not what'],
])('no draw: %s', async (text, line) => {
  await expect(readDocument(await saved(text), DrawDocument)).rejects.toThrow(line);
});

test('a file that is not there is named', async () => {
  await expect(readDocument(join(folder, 'nowhere'), DrawDocument)).rejects.toThrow(
    'cannot be read (ENOENT)',
  );
  await expect(readLines(join(folder, 'nowhere'), TicketDocument).next()).rejects.toThrow('(ENOENT)');
});

test('many documents are read line by line, and the line at fault is named', async () => {
  const ticket = JSON.stringify(await sale.ticketAt(4));
  const lines = readLines(await saved(`${ticket}\n\n${ticket}\n{"index":-1}\n`), TicketDocument);
  expect((await lines.next()).value).toMatchObject({ index: 4 });
  expect((await lines.next()).value).toMatchObject({ index: 4 });
  await expect(lines.next()).rejects.toThrow('line 4: ');
});

test('a draw is fetched; a refusal and an absent server are no draw', async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/draw' ? 200 : 404;
    response.end(JSON.stringify(sale.draw));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await fetchDocument(`${origin}/draw`, DrawDocument)).toEqual(sale.draw);
  await expect(fetchDocument(`${origin}/none`, DrawDocument)).rejects.toThrow('answered 404');
  await new Promise((resolve) => server.close(resolve));
  await expect(fetchDocument(`${origin}/draw`, DrawDocument)).rejects.toThrow('cannot be fetched');
});
