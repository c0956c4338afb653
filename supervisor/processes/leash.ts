import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartFailure } from '../start-failure.ts';
import { dyingWords } from './log-file.ts';
import { describeExit, type Exit, exitWithin, type RunningProcess, signalGroup } from './running.ts';

/**
 * A program that knows nothing of us must not outlive us, not even when we are killed with SIGKILL. It
 * runs under a shell that holds the other end of a pipe of ours: when the pipe closes, for whatever
 * reason, the shell sends the program its stop signal, and SIGKILL after the grace.
 */
const leash = `
signal=$1; tenths=$2; shift 2
"$@" 3<&- &
child=$!
echo "$child" >&3
(
  trap exit TERM
  read -r _ <&3
  kill -s "$signal" "$child"
  while [ "$tenths" -gt 0 ] && kill -0 "$child"; do sleep 0.1; tenths=$((tenths - 1)); done
  kill -s KILL "$child"
) >/dev/null 2>&1 &
watcher=$!
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
wait "$watcher"
exit "$code"
`;

export interface LeashedProgram {
  command: string;
  args: readonly string[];
  /** What asks it to end. */
  stopSignal: 'TERM' | 'INT';
  /** How long it may take to end when nobody is left to wait for it. */
  graceMs: number;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Its stdout and stderr are appended here. */
  logFile: string;
  /** Whom it runs as; absent: as we do. */
  account?: { uid: number; gid: number };
  /** Asked again and again until it says yes. */
  answers: () => Promise<boolean>;
}

/** Starts a program that ends when we do. `pid` is the program's own, not the shell's. */
export async function startLeashed(program: LeashedProgram): Promise<RunningProcess> {
  const log = openSync(program.logFile, 'a');
  const { size: logBegin } = fstatSync(log);
  const shell = spawn(
    '/bin/sh',
    [
      ...['-c', leash, 'leash', program.stopSignal, String(Math.ceil(program.graceMs / 100))],
      ...[program.command, ...program.args],
    ],
    {
      cwd: program.cwd,
      env: { ...program.env },
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
      ...program.account,
    },
  );
  closeSync(log);
  const pipe = shell.stdio[3] as Duplex;
  // The program may be gone before the pipe is closed.
  pipe.on('error', () => {});
  const exited = new Promise<Exit>((resolve) => {
    shell.once('exit', (code, signal) => resolve(exitOf(code, signal)));
    shell.once('error', () => resolve({ code: 127, signal: null }));
  });
  const [line] = (await Promise.race([once(pipe, 'data'), exited.then(() => [null])])) as [Buffer | null];
  if (line === null || shell.pid === undefined) {
    throw new StartFailure(`${program.command} could not be started; see ${program.logFile}`);
  }
  pipe.resume();
  const group = shell.pid;
  const kill = () => signalGroup(group, 'SIGKILL');
  return {
    pid: Number(line.toString()),
    ready: readiness(program, exited, logBegin),
    exited,
    stop: (graceMs) => {
      pipe.end();
      return exitWithin(exited, graceMs, kill);
    },
    kill,
  };
}

async function readiness(
  { command, logFile, answers }: LeashedProgram,
  exited: Promise<Exit>,
  logBegin: number,
): Promise<void> {
  let exit: Exit | null = null;
  void exited.then((how) => {
    exit = how;
  });
  while (!(await answers())) {
    if (exit !== null) {
      const words = (await dyingWords(logFile, logBegin)) || describeExit(exit);
      throw new StartFailure(`${basename(command)} did not start: ${words} (${logFile})`);
    }
    await sleep(20);
  }
}

/** A shell tells the signal that ended its child as 128 + number. */
function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (code === 137) return { code: null, signal: 'SIGKILL' };
  if (code === 143) return { code: null, signal: 'SIGTERM' };
  return { code, signal };
}
