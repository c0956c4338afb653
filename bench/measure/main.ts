import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Client } from 'pg';
import type { CompleteSettings } from '../../supervisor/complete-settings.ts';
import { programs } from '../../supervisor/programs.ts';
import { StartFailure } from '../../supervisor/start-failure.ts';
import { type RunningSystem, startSystem } from '../../supervisor/system.ts';
import { DemoFailure } from '../demo/failure.ts';
import { thisMachine } from '../demo/machine.ts';
import { freePorts } from '../demo/ports.ts';
import { onStopSignals } from '../demo/stop-signals.ts';
import { withoutSettings } from '../without-settings.ts';
import { compareRuns } from './compare/compare.ts';
import { comparisonText } from './compare/comparison-text.ts';
import { readRun } from './compare/read-run.ts';
import { BenchFailure, BrokenInvariant, brokenInvariantExitCode } from './failure.ts';
import { benchCommand, isInstalled, optionsOf } from './options.ts';
import { ownSettings } from './own-settings.ts';
import { tell } from './progress.ts';
import { RedisCli } from './redis-cli.ts';
import { remoteSubject } from './remote-subject.ts';
import { thisCommit } from './results/commit.ts';
import { newFolder, writeResult } from './results/folder.ts';
import { resultOf } from './results/result.ts';
import { fileSystemOf, remarkOn, type Surroundings, wrkVersion } from './results/surroundings.ts';
import { closeSales } from './sales.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { Scoreboard } from './scoreboard.ts';
import type { Options, Subject } from './subject.ts';
import { thresholdLines } from './threshold.ts';

/** Composition root of `npm run bench`. */
const command = benchCommand(scenarios, isInstalled('wrk')).parse();
const options = optionsOf(command, scenarios);
const directory = mkdtempSync(join(tmpdir(), 'doorbuster-bench-'));
// Started as root, the embedded Postgres runs as another account and has to pass through.
chmodSync(directory, 0o711);
const files = join(directory, 'run');
mkdirSync(files, { mode: 0o700 });
let system: RunningSystem | null = null;
let isEnding = false;
let warnings: string[] = [];
let surroundings: Surroundings = {};

async function stopSystem(): Promise<void> {
  await system?.stop();
  system = null;
}

async function end(exitCode: number): Promise<never> {
  if (!isEnding) {
    isEnding = true;
    await closeLeftOpen();
    await stopSystem();
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    process.exit(exitCode);
  }
  return new Promise(() => {});
}

/** On a system that goes on, nothing stays for sale that was made up here. */
async function closeLeftOpen(): Promise<void> {
  for (const id of await closeSales()) console.error(`! sale ${id} could not be closed: it is still open`);
}

onStopSignals({
  stop: (exitCode) => void end(exitCode),
  kill: () => {
    system?.kill();
    process.exit(1);
  },
});

try {
  if (options.compare) {
    const comparison = compareRuns(readRun(options.compare[0]), readRun(options.compare[1]));
    const { compared } = comparison;
    if (compared.length === 0) throw new BenchFailure('the two runs have no figure in common');
    console.log(comparisonText(comparison));
    const judged = compared.filter(({ verdict }) => verdict !== 'one round');
    if (judged.length === 0) throw new BenchFailure('one round has no spread to compare by: --rounds 3 does');
    await end(judged.every(({ verdict }) => verdict === 'agrees') ? 0 : 1);
  }
  for (const note of options.notes) console.error(`! ${note}`);
  const startedAt = new Date().toISOString();
  const loadBefore = loadavg();
  const board = new Scoreboard();
  for (const name of options.scenarios) {
    tell(name);
    const scenario = scenarios[name] as Scenario;
    await scenario.run(await subjectOf(options), options, board);
    await closeLeftOpen();
    await stopSystem();
  }
  if (options.generator === 'wrk') surroundings.wrk = wrkVersion();
  const remark = remarkOn(surroundings);
  if (remark !== null) board.remark(remark);
  const machine = { ...thisMachine(), ...surroundings, loadBefore, loadAfter: loadavg() };
  const result = resultOf({ startedAt, commit: thisCommit(), options, machine }, board);
  // Printed first: what cannot be written is not lost then.
  console.log(board.text());
  for (const line of thresholdLines(result.thresholds)) console.log(line);
  const folder = newFolder(result, options.results);
  writeResult(folder, result, board);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`${relative('', folder)}/report.html`);
  await end(result.thresholds.every(({ isKept }) => isKept) ? 0 : brokenInvariantExitCode);
} catch (error) {
  if (!isEnding) {
    for (const line of warnings.slice(-20)) console.error(`! ${line}`);
    console.error(isForeseen(error) ? `bench: ${error.message}` : error);
  }
  await end(error instanceof BrokenInvariant ? brokenInvariantExitCode : 1);
}

/** Whoever reads it can do something about it, and a stack would not help. */
function isForeseen(error: unknown): error is Error {
  return [BenchFailure, BrokenInvariant, DemoFailure, StartFailure].some((kind) => error instanceof kind);
}

function subjectOf({ against }: Options): Promise<Subject> {
  return against ? remoteSubject(against, process.env.AUTH_SECRET, files) : started();
}

/** A whole system on stores of its own: what one scenario left behind is not in the next one's figures. */
async function started(): Promise<Subject> {
  const [port, operatorPort] = (await freePorts(2)) as [number, number];
  const ours = ownSettings({ port, operatorPort, dataDirectory: join(directory, `data-${port}`) });
  warnings = [];
  system = await startSystem(ours, {
    say: () => {},
    // Held back, the workers have a lot to warn of; it is told where the run fails.
    warn: (line) => warnings.push(line),
    // Not bundled: what it is compared with is these programs with a module exchanged.
    programs,
  });
  const running = system;
  const { settings } = running;
  surroundings = await storesOf(settings);
  // What is measured is the way of a payment; two webhooks for each would be measured with it.
  await fetch(`${running.providerUrl}/control`, { method: 'PUT', body: '{"webhooks":false}' });
  return {
    isOurs: true,
    redisUrl: settings.REDIS_URL,
    origin: running.publicUrl,
    operatorOrigin: running.operatorUrl,
    authSecret: settings.AUTH_SECRET as string,
    directory: files,
    environment: {
      ...withoutSettings(process.env),
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
    },
    workerPids: () => pidsOf(running, 'worker'),
    gatewayPids: () => pidsOf(running, 'gateway'),
    processes: () => livingOf(running),
  };
}

/** What the stores say they are, and what their data lies on. */
async function storesOf({ REDIS_URL, DATABASE_URL, DATA_DIR }: CompleteSettings): Promise<Surroundings> {
  const server = await new RedisCli(REDIS_URL).info('server');
  const client = new Client({ connectionString: DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return {
    redis: server.get('redis_version'),
    postgres: rows[0]?.server_version,
    dataOn: fileSystemOf(DATA_DIR),
  };
}

function livingOf({ processes }: RunningSystem): { name: string; pid: number }[] {
  return processes().flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
}

function pidsOf(running: RunningSystem, program: string): number[] {
  return livingOf(running).flatMap(({ name, pid }) => (name.startsWith(program) ? [pid] : []));
}
