import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSettings } from '../../engine/contracts/settings.ts';
import { type Child, messageOf, startChild } from './child.ts';
import { DemoFailure } from './failure.ts';
import { freePorts } from './ports.ts';

/** The whole of Doorbuster, running for this demo, and a payment provider that nobody else charges at. */
export interface System {
  origin: string;
  operatorOrigin: string;
  providerOrigin: string;
  dataDir: string;
  authSecret: string;
  supervisorPid: number;
  /** Rejects when a part of it ends before it was stopped. */
  broken: Promise<never>;
  stop(removeData: boolean): Promise<void>;
  /** At once, without a goodbye; leaves the data directory. */
  kill(): void;
}

const readyWithinMs = 90_000;
/** Above what the supervisor allows its own children. */
const stopWithinMs = 12_000;

/** What stands between the system and its surroundings; called when the provider runs and nothing else does. */
export type Arrange = (parts: { dataDir: string; providerUrl: string }) => Promise<NodeJS.ProcessEnv>;

/**
 * Starts it and waits until it says that it is ready. `onStarting` is told what can be stopped already.
 * `arrange` prepares the data directory or stands in the way to stores and provider, and answers settings.
 * `given` is what surrounds it: settings in there hold, but for those that the demo must decide itself.
 */
export async function startSystem(
  gateways: number,
  onStarting: (system: Pick<System, 'stop' | 'kill'>) => void,
  arrange: Arrange = async () => ({}),
  given: NodeJS.ProcessEnv = process.env,
): Promise<System> {
  const [port, operatorPort, providerPort] = (await freePorts(3)) as [number, number, number];
  const dataDir = mkdtempSync(join(tmpdir(), 'doorbuster-demo-'));
  // Started as root, the embedded Postgres runs as another account and has to pass through.
  chmodSync(dataDir, 0o711);
  const logs = join(dataDir, 'logs');
  mkdirSync(logs, { mode: 0o700 });
  const children: Child[] = [];
  let isStopping = false;
  const stop = async (removeData: boolean) => {
    isStopping = true;
    // The system first: its workers may still be asking the provider.
    for (const child of children.toReversed()) await child.stop(stopWithinMs);
    if (removeData) await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  };
  const kill = () => {
    for (const child of children) child.kill();
  };
  onStarting({ stop, kill });

  const webhookSecret = randomBytes(32).toString('hex');
  const provider = startChild('bench/psp/main.ts', {
    env: {
      ...given,
      PROVIDER_PORT: String(providerPort),
      PROVIDER_WEBHOOK_URL: `http://127.0.0.1:${port}/api/v1/webhooks/payments/primary`,
      PROVIDER_WEBHOOK_SECRET: webhookSecret,
      LOG_LEVEL: given.LOG_LEVEL || 'warn',
    },
    logFile: join(logs, 'demo-provider.log'),
  });
  children.push(provider);
  if (!(await messageOf(provider, 'ready')))
    throw endedBeforeReady('the payment-provider simulator', provider);

  const providerUrl = `http://127.0.0.1:${providerPort}`;
  const arranged = await arrange({ dataDir, providerUrl });
  const env = systemEnv(
    { port, operatorPort, providerUrl: arranged.PROVIDER_URL ?? providerUrl, dataDir, gateways },
    {
      ...given,
      PROVIDER_NAME: 'primary',
      PROVIDER_WEBHOOK_SECRET: webhookSecret,
      ...arranged,
    },
  );
  const supervisor = startChild('supervisor/main.ts', {
    env,
    logFile: join(logs, 'demo-supervisor.log'),
    // As `npm start` does.
    nodeOptions: ['--optimize-for-size', '--initial-old-space-size=20'],
    imports: ['bench/demo/end-with-parent.ts'],
  });
  children.push(supervisor);
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(`${origin}/readyz`, supervisor);
  await untilReady(`http://127.0.0.1:${operatorPort}/healthz`, supervisor);

  const broken = Promise.race(
    children.map(async (child) => {
      const how = await child.ended;
      if (!isStopping)
        throw new DemoFailure(`the system ended in the middle of the demo (${how})${words(child)}`);
      return new Promise<never>(() => {});
    }),
  );
  broken.catch(() => {});
  return {
    origin,
    operatorOrigin: `http://127.0.0.1:${operatorPort}`,
    providerOrigin: providerUrl,
    supervisorPid: supervisor.process.pid as number,
    dataDir,
    authSecret: env.AUTH_SECRET as string,
    broken,
    stop,
    kill,
  };
}

/** Would reach people and banks outside: invented buyers have mail addresses, and cards that are play money. */
const outside = ['SECOND_PROVIDER_URL', 'SMTP_URL'];

/** The user's environment, with what the demo must decide itself. Throws where a setting is wrong. */
export function systemEnv(
  decided: { port: number; operatorPort: number; providerUrl: string; dataDir: string; gateways: number },
  given: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...given,
    PORT: String(decided.port),
    HOST: given.HOST || '127.0.0.1',
    OPERATOR_PORT: String(decided.operatorPort),
    OPERATOR_HOST: '127.0.0.1',
    DATA_DIR: decided.dataDir,
    PROVIDER_URL: decided.providerUrl,
    DEV_TOKENS: 'on',
    GATEWAYS: given.GATEWAYS || String(decided.gateways),
    LOG_LEVEL: given.LOG_LEVEL || 'warn',
    // The buyers' tokens are signed by the load itself: 20,000 logins are not what is being shown.
    AUTH_SECRET: given.AUTH_SECRET || randomBytes(32).toString('hex'),
    TOKEN_SECRET: given.TOKEN_SECRET || randomBytes(32).toString('hex'),
  };
  for (const name of ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', ...outside]) delete env[name];
  if (env.REDIS_URL && env.DATABASE_URL) {
    // Loopback is exempt from the limit per address in embedded mode only, and here thousands of buyers
    // come from one address. The limits per buyer stay as they are.
    env.RATE_ADDRESS_PER_SECOND = given.RATE_ADDRESS_PER_SECOND || '1000000';
    env.RATE_ADDRESS_BURST = given.RATE_ADDRESS_BURST || '1000000';
  }
  const read = readSettings(env);
  if (read.kind === 'invalid') throw new DemoFailure(read.problems.join('\n'));
  return env;
}

async function untilReady(url: string, supervisor: Child): Promise<void> {
  const deadlineMs = performance.now() + readyWithinMs;
  let missing = 'nothing answers yet';
  while (performance.now() < deadlineMs) {
    if (supervisor.hasEnded) throw endedBeforeReady('the system', supervisor);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      if (response.ok) return;
      missing = (await response.text()).slice(0, 300);
    } catch {
      // Not listening yet.
    }
    await sleep(100);
  }
  throw new DemoFailure(
    `the system was not ready within ${readyWithinMs / 1000} s: ${missing}${words(supervisor)}`,
  );
}

const endedBeforeReady = (name: string, child: Child) =>
  new DemoFailure(`${name} did not start${words(child) || ' and said nothing'}`);

const words = (child: Child): string => {
  const lines = child.lastLines().slice(-8);
  return lines.length > 0 ? `:\n  ${lines.join('\n  ')}` : '';
};
