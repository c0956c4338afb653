import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { StartFailure } from '../start-failure.ts';
import { plainLine, warningIn } from './log-line.ts';
import { describeExit, type Exit, exitWithin, type RunningProcess, signalGroup } from './running.ts';

export interface NodeProgram {
  name: string;
  script: URL;
  env: Readonly<Record<string, string | undefined>>;
  logFile: string;
  /** A warning or an error that it logged, or what it wrote to stderr. */
  onWarning: (line: string) => void;
}

/** For programs that are sources still. */
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** What `node` is started with: a bundle brings what is to run before it along, a source is loaded by tsx. */
function argumentsOf(script: URL): string[] {
  if (!script.pathname.endsWith('.ts')) {
    return ['--import', new URL('./end-with-parent.mjs', script).href, fileURLToPath(script)];
  }
  const endWithParent = new URL('./end-with-parent.ts', import.meta.url).href;
  return ['--import', loader, '--import', endWithParent, fileURLToPath(script)];
}

/**
 * Starts one of our programs. It is ready when it sends `{kind: 'ready'}`; one that ends before
 * with a single plain line on stderr has named a foreseeable failure.
 */
export function startNodeProgram(program: NodeProgram): RunningProcess {
  const child = spawn(process.execPath, argumentsOf(program.script), {
    env: { ...program.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.on('error', () => {});
  const { pid } = child;
  if (pid === undefined) throw new StartFailure(`${program.name}: ${process.execPath} could not be started`);
  const { firstWords, endLog } = keepLog(child, program);
  const exited = new Promise<Exit>((resolve) => {
    // `close`, not `exit`: its last line must have been read.
    child.once('close', (code, signal) => endLog(() => resolve({ code, signal })));
  });
  const kill = () => signalGroup(pid, 'SIGKILL');
  return {
    pid,
    ready: readiness(child, exited, program, firstWords),
    exited,
    stop: (graceMs) => {
      child.kill('SIGTERM');
      return exitWithin(exited, graceMs, kill);
    },
    kill,
  };
}

async function readiness(
  child: ChildProcess,
  exited: Promise<Exit>,
  program: NodeProgram,
  firstWords: FirstWords,
): Promise<void> {
  const isReady = new Promise<null>((resolve) => {
    child.on('message', (message) => {
      if ((message as { kind?: unknown } | null)?.kind === 'ready') resolve(null);
    });
  });
  const exit = await Promise.race([isReady, exited]);
  const [line, ...others] = firstWords.lines;
  if (exit !== null && exit.code === 1 && line !== undefined && others.length === 0) {
    throw new StartFailure(line);
  }
  firstWords.pass();
  if (exit !== null) {
    throw new Error(`ended before it was ready (${describeExit(exit)}); see ${program.logFile}`);
  }
}

/** The plain lines of stderr before it was ready: held back, because they may be the reason why it never is. */
interface FirstWords {
  lines: readonly string[];
  /** Tells them, and those that follow, as warnings. */
  pass(): void;
}

function keepLog(child: ChildProcess, { logFile, onWarning }: NodeProgram) {
  const log = createWriteStream(logFile, { flags: 'a' });
  // A full disk ends the log, not the sale.
  log.on('error', () => {});
  const lines: string[] = [];
  let tellPlain = (line: string): unknown => lines.push(line);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      const plain = stream === child.stderr ? plainLine(line) : null;
      const warning = warningIn(line);
      if (plain !== null) tellPlain(plain);
      else if (warning !== null) onWarning(warning);
    });
  }
  const pass = () => {
    lines.forEach(onWarning);
    tellPlain = onWarning;
  };
  const firstWords: FirstWords = { lines, pass };
  return { firstWords, endLog: (done: () => void) => log.end(done) };
}
