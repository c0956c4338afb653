import closeWithGrace from 'close-with-grace';
import { crashPointOf } from '../engine/contracts/crash-points.ts';
import { readSettings } from '../engine/contracts/settings.ts';
import { createSettlement } from '../engine/index.ts';
import { createLog, mailOptionsOf, providersOf, startWorker } from './index.ts';

/** Composition root of a worker: charges, settles, relays, reconciles. */
const read = readSettings(process.env);
const missing = (name: string) => `${name}: is required by a worker`;

if (read.kind === 'invalid') fail(read.problems);
const { DATABASE_URL, REDIS_URL, PROVIDER_URL, TOKEN_SECRET, LOG_LEVEL } = read.settings;
if (!DATABASE_URL) fail([missing('DATABASE_URL')]);
if (!REDIS_URL) fail([missing('REDIS_URL')]);
if (!PROVIDER_URL) fail([missing('PROVIDER_URL')]);
if (!TOKEN_SECRET) fail([missing('TOKEN_SECRET')]);

const log = createLog(LOG_LEVEL);
const settlement = createSettlement(REDIS_URL, TOKEN_SECRET);
try {
  const worker = await startWorker({
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    settlement,
    providers: providersOf(read.settings),
    at: crashPointOf(process.env, () => process.kill(process.pid, 'SIGKILL')),
    tokenSecret: TOKEN_SECRET,
    allowsPrivateWebhooks: read.settings.WEBHOOK_PRIVATE_ADDRESSES === 'on',
    mail: mailOptionsOf(read.settings),
    log,
  });
  const grace = closeWithGrace({ delay: 2_500, logger: false }, async ({ err }) => {
    if (err) log.error({ reason: err.stack ?? err.message }, 'the worker stops');
    await worker.close();
    await settlement.close();
  });
  // Whoever started it and died without a word leaves no worker behind.
  process.on('disconnect', grace.close);
  process.send?.({ kind: 'ready' });
  log.info({}, 'the worker is ready');
} catch (error) {
  fail([`worker: ${(error as Error).message}`]);
}

function fail(lines: readonly string[]): never {
  console.error(lines.join('\n'));
  process.exit(1);
}
