import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { KeptBooks } from './kept-books.ts';
import { startProvider } from './server.ts';
import { readProviderSettings } from './settings.ts';

/** Composition root of the payment-provider simulator; its interface is described in README.md beside it. */
const read = readProviderSettings(process.env);
if (read.kind === 'invalid') {
  for (const problem of read.problems) console.error(`payment provider simulator: ${problem}`);
  process.exit(1);
}

const { host, port, conditions, endpoint, dataDirectory } = read.settings;
const log = pino({ name: 'psp', level: process.env.LOG_LEVEL || 'info' });
try {
  const kept = dataDirectory === null ? null : await KeptBooks.open(dataDirectory);
  const server = await startProvider(host, port, conditions, endpoint, kept);
  const grace = closeWithGrace({ delay: 2000, logger: false }, async ({ err }) => {
    if (err) log.error({ err }, 'payment provider simulator stops');
    server.close();
    await kept?.close();
  });
  // Whoever started it and died without a word leaves no server behind.
  process.on('disconnect', grace.close);
  process.send?.({ kind: 'ready', port: server.port });
  log.info({ host, port: server.port }, 'payment provider simulator listens');
} catch (error) {
  console.error(`payment provider simulator: ${(error as Error).message}`);
  process.exit(1);
}
