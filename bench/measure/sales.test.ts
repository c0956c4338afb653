import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BenchSale, closeSales } from './sales.ts';
import type { Subject } from './subject.ts';

/** Answers as both planes do, as far as sales are opened and closed; the second sale is sold out at once. */
async function system(): Promise<{ subject: Subject; open: Set<string> }> {
  const open = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const id = /\/sales\/([^/]+)/.exec(request.url ?? '')?.[1];
      const isSoldOut = id?.endsWith('-2') === true;
      if (request.method === 'GET')
        return response.end(JSON.stringify({ state: isSoldOut ? 'sold_out' : 'open' }));
      if (id === undefined) open.add((JSON.parse(body) as { id: string }).id);
      else if (!isSoldOut) open.delete(id);
      return response.writeHead(isSoldOut ? 409 : 200).end('{}');
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authSecret = 's'.repeat(32);
  return { subject: { isOurs: false, origin, operatorOrigin: origin, authSecret } as Subject, open };
}

test('on a system that goes on no sale stays open that a run opened', async () => {
  const { subject, open } = await system();
  const [first, second] = [await BenchSale.create(subject), await BenchSale.create(subject)];
  expect(open).toEqual(new Set([first.id, second.id]));
  // What is sold out cannot be closed, and need not be.
  expect(await closeSales()).toEqual([]);
  expect(open).toEqual(new Set([second.id]));
  const left = await BenchSale.create(subject);
  await left.command('close');
  expect(open.has(left.id)).toBe(false);
  expect(await closeSales()).toEqual([]);
});

test('a sale that could not be closed is named', async () => {
  const gone = 'http://127.0.0.1:1';
  const nobody = { isOurs: false, origin: gone, operatorOrigin: gone, authSecret: 's'.repeat(32) } as Subject;
  await expect(BenchSale.create(nobody)).rejects.toThrow('did not answer');
  expect(await closeSales()).toEqual([expect.stringMatching(/^bench-/)]);
});
