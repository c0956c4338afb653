import { join } from 'node:path';
import { isEmbedded, type Settings } from '../engine/contracts/settings.ts';
import { migrate } from '../persistence/migrations/migrate.ts';
import { bundle } from './bundle.ts';
import { type CompleteSettings, completeSettings } from './complete-settings.ts';
import { type DataDirectory, openDataDirectory } from './data-directory/open.ts';
import { type MailCatcher, openMailCatcher } from './mail-catcher/mail-catcher.ts';
import { freePort, requireFreePort } from './ports.ts';
import { Tiers } from './processes/tiers.ts';
import { type Programs, programs, startPlanes, startProvider } from './programs.ts';
import { reasonOf, StartFailure } from './start-failure.ts';
import { openPostgres, openRedis } from './stores.ts';

export interface SystemOptions {
  /** Progress, a line each. */
  say: (line: string) => void;
  /** What went wrong and was mended, and what the processes warn of, a line each. */
  warn: (line: string) => void;
  /** Aborting it while the system starts stops what has been started. */
  signal?: AbortSignal;
  /** Started as they are; absent, those of this system are bundled first. */
  programs?: Programs;
}

export interface RunningSystem {
  publicUrl: string;
  operatorUrl: string;
  providerUrl: string;
  /** True where no PROVIDER_URL was given: what is paid is play money. */
  isProviderSimulated: boolean;
  /** Where mails to buyers are kept that are not sent; null where they are sent, or there are none. */
  mailDirectory: string | null;
  /** As the processes got them: with the stores' URLs and the secrets that were made. */
  settings: CompleteSettings;
  /** Absolute. */
  dataDirectory: string;
  /** `pid` is null between two lives. */
  processes(): { name: string; pid: number | null; restarts: number }[];
  /** Ends everything from the door inwards, within five seconds. May be called again. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/**
 * Starts the whole system: stores, migrations, payment provider, workers, operator plane, gateways.
 * Resolves when all of them are ready. Whatever fails, nothing keeps running; a `StartFailure` is one line
 * for whoever started it.
 */
export async function startSystem(given: Settings, options: SystemOptions): Promise<RunningSystem> {
  const directory = await openDataDirectory(given.DATA_DIR);
  const tiers = new Tiers();
  let catcher: MailCatcher | null = null;
  const mailDirectory =
    isEmbedded(given) && given.SMTP_URL === undefined ? join(directory.path, 'mail') : null;
  const stop = async () => {
    await tiers.stop();
    await catcher?.close();
    directory.lock.release();
  };
  const onAbort = () => void tiers.stop();
  options.signal?.addEventListener('abort', onAbort);
  try {
    if (mailDirectory !== null) catcher = await openMailCatcher(mailDirectory);
    const mail = { directory: mailDirectory, url: catcher?.url ?? null };
    return await start(given, options, directory, tiers, mail, stop);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function start(
  given: Settings,
  { say, warn, signal, programs: asTheyAre }: SystemOptions,
  directory: DataDirectory,
  tiers: Tiers,
  mail: { directory: string | null; url: string | null },
  stop: () => Promise<void>,
): Promise<RunningSystem> {
  // Those whose supervisor was killed take up to three seconds to notice and let go of their ports.
  const patienceMs = directory.lock.wasAbandoned ? 5_000 : 0;
  await requireFreePort('PORT', given.HOST, given.PORT, patienceMs);
  await requireFreePort('OPERATOR_PORT', given.OPERATOR_HOST, given.OPERATOR_PORT, patienceMs);
  const stores = { directory, tiers, say, warn };
  const [redisUrl, databaseUrl, scripts] = await allDone(
    openRedis(given, stores),
    openPostgres(given, stores),
    asTheyAre ?? bundle(programs, join(directory.path, 'programs')),
  );
  const surroundings = { ...stores, programs: scripts };
  signal?.throwIfAborted();
  const applied = await migrate(databaseUrl).catch((error: unknown) => {
    throw new StartFailure(`the database could not be migrated: ${reasonOf(error)}`);
  });
  if (applied.length > 0) say(`database migrated (${applied.at(-1)})`);
  const providerUrl = given.PROVIDER_URL ?? `http://127.0.0.1:${await freePort()}`;
  const settings = await completeSettings(given, directory.path, {
    ...{ redisUrl, databaseUrl, providerUrl, mailUrl: mail.url },
  });
  const publicUrl = urlOf(settings.HOST, settings.PORT);
  signal?.throwIfAborted();
  if (given.PROVIDER_URL === undefined) {
    if (!isEmbedded(given)) warn('PROVIDER_URL is not set: payments are simulated, no money moves');
    startProvider(settings, Number(new URL(providerUrl).port), publicUrl, surroundings);
  }
  startPlanes(settings, surroundings);
  await Promise.all(tiers.processes.map((process) => process.ready));
  signal?.throwIfAborted();
  return {
    publicUrl,
    operatorUrl: urlOf(settings.OPERATOR_HOST, settings.OPERATOR_PORT),
    providerUrl,
    isProviderSimulated: given.PROVIDER_URL === undefined,
    mailDirectory: mail.directory,
    settings,
    dataDirectory: directory.path,
    processes: () => tiers.processes.map(({ name, pid, restarts }) => ({ name, pid, restarts })),
    stop,
    kill: () => {
      tiers.kill();
      directory.lock.release();
    },
  };
}

/** All have come to an end before the first failure is told, so that nothing appears after the stop. */
async function allDone<T extends readonly unknown[]>(
  ...under: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(under);
  return Promise.all(under);
}

/** Where to reach from this machine what listens on that address. */
const urlOf = (host: string, port: number): string =>
  `http://${host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
