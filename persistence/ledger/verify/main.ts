import { CommanderError } from 'commander';
import { readSettings } from '../../../engine/contracts/settings.ts';
import { runningPostgresUrl } from '../../../supervisor/embedded/running-postgres.ts';
import { createPool } from '../../postgres/pool.ts';
import { optionsOf, verifyLedgerCommand } from './command-line.ts';
import { reportOf } from './report.ts';
import { isSound, verifyLedger } from './verify.ts';

/** Composition root of `npm run verify-ledger`. */
const couldNotLook = 2;

try {
  const { saleId, dataDirectory, marks, json } = optionsOf(verifyLedgerCommand().exitOverride().parse());
  const pool = createPool(databaseUrl(dataDirectory), {
    connectionsMax: 1,
    name: 'verify-ledger',
    plans: 'through statistics',
  });
  try {
    const progress = process.stderr.isTTY ? { progress: told } : {};
    const verdict = await verifyLedger(pool, saleId, { marks, ...progress });
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    if (!verdict) throw new Error(`there is no sale "${saleId}"`);
    console.log(json ? JSON.stringify({ ...verdict, ok: isSound(verdict) }, null, 2) : reportOf(verdict));
    process.exitCode = isSound(verdict) ? 0 : 1;
  } finally {
    await pool.end();
  }
} catch (error) {
  // commander has said itself what is wrong; help that was asked for is no failure.
  if (!(error instanceof CommanderError)) console.error(`verify-ledger: ${(error as Error).message}`);
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : couldNotLook;
}

/** DATABASE_URL, or the database of the embedded instance that runs on the data directory. */
function databaseUrl(dataDirectory: string): string {
  const read = readSettings({ DATABASE_URL: process.env.DATABASE_URL });
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'));
  const url = read.settings.DATABASE_URL ?? runningPostgresUrl(dataDirectory);
  if (url) return url;
  throw new Error(
    `DATABASE_URL is not set, and no instance is running on ${dataDirectory}; start it, or name another --data-dir`,
  );
}

/** For whoever waits at a terminal. */
function told(transactions: number): void {
  if (transactions % 10_000 === 0)
    process.stderr.write(`\r${transactions.toLocaleString('en-US')} transactions read`);
}
