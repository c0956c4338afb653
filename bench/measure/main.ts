import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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
import { thisCommit } from './results/commit.ts';
import { newFolder, writeResult } from './results/folder.ts';
import { resultOf } from './results/result.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { Scoreboard } from './scoreboard.ts';
import type { Subject } from './subject.ts';
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

async function stopSystem(): Promise<void> {
  await system?.stop();
  system = null;
}

async function end(exitCode: number): Promise<never> {
  if (!isEnding) {
    isEnding = true;
    await stopSystem();
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
  const startedAt = new Date().toISOString();
  const loadBefore = loadavg();
  const board = new Scoreboard();
  for (const name of options.scenarios) {
    tell(name);
    const scenario = scenarios[name] as Scenario;
    await scenario.run(options.against ? remote(name, scenario) : await started(), options, board);
    await stopSystem();
  }
  const machine = { ...thisMachine(), loadBefore, loadAfter: loadavg() };
  const result = resultOf({ startedAt, commit: thisCommit(), options, machine }, board);
  const folder = newFolder(result, options.results);
  writeResult(folder, result, board);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  console.log(board.text());
  for (const line of thresholdLines(result.thresholds)) console.log(line);
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

/** The system of `--against`: nothing is known of its processes and stores. */
function remote(name: string, { isRemote }: Scenario): Subject {
  const { against } = options;
  const authSecret = process.env.AUTH_SECRET;
  if (!isRemote) {
    const possible = Object.keys(scenarios).filter((one) => scenarios[one]?.isRemote);
    throw new BenchFailure(
      `${name} looks inside the system; against another one there are ${possible.join(', ')}`,
    );
  }
  if (!against || !authSecret) throw new BenchFailure('--against takes AUTH_SECRET of that system');
  return {
    isOurs: false,
    redisUrl: '',
    ...against,
    authSecret,
    directory: files,
    environment: process.env,
    workerPids: () => [],
    gatewayPids: () => [],
    processes: () => [],
  };
}

function livingOf({ processes }: RunningSystem): { name: string; pid: number }[] {
  return processes().flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]));
}

function pidsOf(running: RunningSystem, program: string): number[] {
  return livingOf(running).flatMap(({ name, pid }) => (name.startsWith(program) ? [pid] : []));
}
