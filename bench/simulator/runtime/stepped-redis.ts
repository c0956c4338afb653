import { type Command, Redis } from 'ioredis';
import { scriptNamed } from './scripts.ts';
import type { Process } from './tasks.ts';

export interface SteppedRedisParts {
  process: Process;
  /** The connection that everybody shares underneath. */
  real: Redis;
  /** Sends what is asked, and whatever is to go out with it. */
  send: <R>(ask: () => Promise<R>) => Promise<R>;
  /** Messages do not go through Redis, where simulations would hear each other. */
  onPublish: (channel: string, message: string) => void;
}

/** What ioredis throws when a connection goes away under a command. */
const connectionLost = () => new Error('Connection is closed.');

/** Redis as one process of a simulation sees it: each command, and each pipeline, is a step. */
export class SteppedRedis extends Redis {
  readonly #parts: SteppedRedisParts;

  constructor(parts: SteppedRedisParts) {
    super({ lazyConnect: true });
    this.#parts = parts;
    this.status = 'ready';
  }

  override sendCommand(command: Command): Promise<unknown> {
    const { process, real, send, onPublish } = this.#parts;
    if (command.name === 'time') return Promise.resolve(timeOf(process.clock.nowMs));
    const label = command.name === 'evalsha' ? scriptNamed(String(command.args[0])) : command.name;
    return this.#ask(label, async () => {
      if (command.name === 'publish') {
        onPublish(String(command.args[0]), String(command.args[1]));
        return 0;
      }
      return send(() => real.sendCommand(command) as Promise<unknown>);
    });
  }

  override pipeline(): ReturnType<Redis['pipeline']> {
    const { process, real, send } = this.#parts;
    const line = real.pipeline();
    const exec = line.exec.bind(line);
    line.exec = () =>
      process.steps.ask('redis', 'pipeline', {
        perform: () => send(exec),
        unanswered: () => Array.from({ length: line.length }, () => [connectionLost(), undefined]),
      });
    return line;
  }

  #ask(label: string, perform: () => Promise<unknown>): Promise<unknown> {
    return this.#parts.process.steps.ask('redis', label, {
      perform: () => {
        this.status = 'ready';
        return perform();
      },
      unanswered: () => {
        this.status = 'reconnecting';
        throw connectionLost();
      },
    });
  }
}

const timeOf = (nowMs: number) => [String(Math.floor(nowMs / 1_000)), String((nowMs % 1_000) * 1_000)];
