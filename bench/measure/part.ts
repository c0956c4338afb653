import { join } from 'node:path';
import { type Child, messageOf, startChild } from '../demo/child.ts';
import { BenchFailure, BrokenInvariant } from './failure.ts';

/** What a part says of a request: its result, or why there is none. */
type Answer<Result> = {
  kind: 'answer';
  result?: Result;
  reason?: string;
  /** True where the system answered wrongly, and false where the part itself has failed. */
  isBroken?: boolean;
};

/** A process of the bench: it gets one request at a time over IPC, as JSON, and answers each. */
export class Part {
  readonly #child: Child;
  readonly #program: string;

  private constructor(child: Child, program: string) {
    this.#child = child;
    this.#program = program;
  }

  /** Starts a composition root of bench/measure; it says `{kind: 'ready'}` when it can be asked. */
  static async start(
    program: string,
    { directory, env = {}, imports = [] }: { directory: string; env?: NodeJS.ProcessEnv; imports?: string[] },
  ): Promise<Part> {
    const child = startChild(program, {
      env: { ...process.env, ...env },
      logFile: join(directory, 'parts.log'),
      imports,
    });
    const part = new Part(child, program);
    if (!(await messageOf(child, 'ready'))) throw part.#failure();
    return part;
  }

  /**
   * Resolves with the `result` of its answer. Throws `BrokenInvariant` where it met one that was not due, as it
   * would here, and `BenchFailure` where it gives another reason, or ends.
   */
  async ask<Result>(request: object): Promise<Result> {
    const answer = messageOf<Answer<Result>>(this.#child, 'answer');
    this.#child.process.send(request);
    const message = await answer;
    if (!message) throw this.#failure();
    if (message.reason !== undefined) {
      throw new (message.isBroken ? BrokenInvariant : BenchFailure)(`${this.#program}: ${message.reason}`);
    }
    return message.result as Result;
  }

  /** Of its process. */
  get pid(): number {
    const { pid } = this.#child.process;
    if (pid === undefined) throw this.#failure();
    return pid;
  }

  stop(): Promise<void> {
    return this.#child.stop(5_000);
  }

  #failure(): BenchFailure {
    return new BenchFailure(`${this.#program} ended: ${this.#child.lastLines().slice(-8).join(' ')}`);
  }
}

/** The other side: answers what is asked until whoever started this process is gone. */
export function answerParent<Request>(answer: (request: Request) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  // Whoever started it decides when it ends; a Ctrl-C in the terminal reaches everybody at once.
  process.on('SIGINT', () => {});
  process.on('message', (request: Request) => {
    answer(request).then(
      (result) => process.send?.({ kind: 'answer', result }),
      (error: Error) => process.send?.(refusalOf(error)),
    );
  });
  process.send?.({ kind: 'ready' });
}

function refusalOf(error: Error): Answer<never> {
  const isBroken = error instanceof BrokenInvariant;
  return { kind: 'answer', reason: isBroken ? error.message : (error.stack ?? error.message), isBroken };
}
