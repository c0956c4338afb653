import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../engine/contracts/settings.ts';
import { type RunningSystem, startSystem } from '../../supervisor/system.ts';
import { thisMachine } from '../demo/machine.ts';
import { freePorts } from '../demo/ports.ts';
import { onStopSignals } from '../demo/stop-signals.ts';
import { BenchFailure, BrokenInvariant, brokenInvariantExitCode } from './failure.ts';
import { benchCommand, isInstalled, optionsOf } from './options.ts';
import { scenarios } from './scenarios.ts';
import { Scoreboard } from './scoreboard.ts';

/** Composition root of `npm run bench`. */
const options = optionsOf(benchCommand(Object.keys(scenarios), isInstalled('wrk')).parse());
const directory = mkdtempSync(join(tmpdir(), 'doorbuster-bench-'));
// Started as root, the embedded Postgres runs as another account and has to pass through.
chmodSync(directory, 0o711);
const files = join(directory, 'run');
mkdirSync(files, { mode: 0o700 });
let system: RunningSystem | null = null;
let isEnding = false;
const warnings: string[] = [];

async function end(exitCode: number): Promise<never> {
  if (!isEnding) {
    isEnding = true;
    await system?.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    process.exit(exitCode);
  }
  return new Promise(() => {});
}
onStopSignals({
  stop: (exitCode) => void end(exitCode),
  kill: () => {
    system?.kill();
    process.exit(1);
  },
});

const startedAt = new Date();
const loadBefore = loadavg();
try {
  const [port, operatorPort] = (await freePorts(2)) as [number, number];
  const read = readSettings({
    LOG_LEVEL: 'warn',
    AUTH_SECRET: randomBytes(32).toString('hex'),
    TOKEN_SECRET: randomBytes(32).toString('hex'),
    // In embedded mode loopback is exempt; with given stores it has to be said.
    RATE_EXEMPT_LOOPBACK: 'on',
    ...process.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    OPERATOR_PORT: String(operatorPort),
    OPERATOR_HOST: '127.0.0.1',
    DATA_DIR: join(directory, 'data'),
  });
  if (read.kind === 'invalid') throw new BenchFailure(read.problems.join('\n'));
  system = await startSystem(read.settings, {
    say: () => {},
    // Held back, the workers have a lot to warn of; it is told where the run fails.
    warn: (line) => warnings.push(line),
  });
  const { settings } = system;
  const running = system;
  const board = new Scoreboard();
  await scenarios[options.scenario]?.(
    {
      redisUrl: settings.REDIS_URL,
      origin: running.publicUrl,
      operatorOrigin: running.operatorUrl,
      authSecret: settings.AUTH_SECRET as string,
      directory: files,
      environment: {
        ...process.env,
        ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
      },
      workerPids: () => pidsOf(running, 'worker'),
      gatewayPids: () => pidsOf(running, 'gateway'),
    },
    options,
    board,
  );
  console.log(board.text());
  if (options.json) {
    const machine = { ...thisMachine(), loadBefore, loadAfter: loadavg() };
    const found = { startedAt, options, machine, scoreboard: board.rows, figures: board.figures };
    writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
  }
  await end(0);
} catch (error) {
  if (!isEnding) {
    const isForeseen = error instanceof BenchFailure || error instanceof BrokenInvariant;
    for (const line of warnings.slice(-20)) console.error(`! ${line}`);
    console.error(isForeseen ? `bench: ${error.message}` : error);
  }
  await end(error instanceof BrokenInvariant ? brokenInvariantExitCode : 1);
}

function pidsOf({ processes }: RunningSystem, program: string): number[] {
  return processes().flatMap(({ name, pid }) => (name.startsWith(program) && pid !== null ? [pid] : []));
}
