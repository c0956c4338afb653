import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository: children are started there, and find their loader there. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const rememberedLines = 40;

export interface Child {
  readonly process: ChildProcess;
  /** Resolves with words for how it ended; never rejects. */
  readonly ended: Promise<string>;
  readonly hasEnded: boolean;
  /** The end of what it printed. */
  lastLines(): string[];
  /** SIGTERM, and SIGKILL to it and all that it started after the grace. */
  stop(graceMs: number): Promise<void>;
  /** Ends it and all that it started, now. */
  kill(): void;
}

/**
 * Starts a program of this repository under its own process group, so that a Ctrl-C in the terminal
 * reaches the demo alone and everything is stopped in order. What it prints goes to the log file.
 */
export function startChild(
  program: string,
  options: { env: NodeJS.ProcessEnv; logFile: string; nodeOptions?: string[]; imports?: string[] },
): Child {
  const imports = ['tsx', ...(options.imports ?? []).map((file) => `./${file}`)];
  const child = spawn(
    process.execPath,
    [...(options.nodeOptions ?? []), ...imports.flatMap((name) => ['--import', name]), program],
    {
      cwd: root,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const log = createWriteStream(options.logFile, { flags: 'a' });
  log.on('error', () => {});
  let lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log.write(chunk);
      lines = [...lines, ...chunk.toString().split('\n').filter(Boolean)].slice(-rememberedLines);
    });
  }
  let hasEnded = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    const tell = (code: number | null, signal: string | null) =>
      resolve(signal ? `ended by ${signal}` : `exit code ${code}`);
    child.once('close', tell);
    // Its last words have arrived by then, also where somebody else still holds the pipe.
    child.once('exit', (code, signal) => setTimeout(tell, 300, code, signal));
  }).then((how) => {
    hasEnded = true;
    log.end();
    return how;
  });
  // A message to a process that has just ended is no reason to end, too.
  child.on('error', () => {});

  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in the group.
    }
  };
  return {
    process: child,
    ended,
    get hasEnded() {
      return hasEnded;
    },
    lastLines: () => lines,
    async stop(graceMs) {
      if (hasEnded) return;
      child.kill('SIGTERM');
      const patience = setTimeout(kill, graceMs);
      await ended;
      clearTimeout(patience);
    },
    kill,
  };
}

/** Resolves with the first message of that kind, or null when the child ended before. */
export async function messageOf<Message extends { kind: string }>(
  child: Child,
  kind: Message['kind'],
): Promise<Message | null> {
  for (;;) {
    const heard = await Promise.race([once(child.process, 'message'), child.ended]);
    if (typeof heard === 'string') return null;
    const message = heard[0] as Message;
    if (message.kind === kind) return message;
  }
}
