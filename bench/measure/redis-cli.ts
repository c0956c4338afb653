import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { BenchFailure } from './failure.ts';
import { callsIn } from './redis-commands.ts';

/** Asks Redis from outside, as an operator would. */
export class RedisCli {
  readonly #args: string[];
  readonly #env: NodeJS.ProcessEnv;
  #infos = 0;

  constructor(redisUrl: string) {
    const { hostname, port, password } = new URL(redisUrl);
    this.#args = ['-h', hostname, '-p', port || '6379'];
    // Arguments can be read by everybody on the machine.
    this.#env = { ...process.env, REDISCLI_AUTH: decodeURIComponent(password) };
  }

  /** Fields of a section of INFO. */
  async info(section: string): Promise<Map<string, string>> {
    const { stdout } = await this.#run(['INFO', section]);
    this.#infos += 1;
    const lines = stdout.split('\n').filter((line) => line.includes(':') && !line.startsWith('#'));
    return new Map(lines.map((line) => splitAt(line.trim(), line.indexOf(':'))));
  }

  /** Seconds of CPU that Redis has used, fsync included. */
  async cpuSeconds(): Promise<number> {
    const cpu = await this.info('cpu');
    return Number(cpu.get('used_cpu_user')) + Number(cpu.get('used_cpu_sys'));
  }

  async usedBytes(): Promise<number> {
    return Number((await this.info('memory')).get('used_memory'));
  }

  /** Calls since the start by command, those of scripts included, and INFO from here left out. */
  async commandCalls(): Promise<Map<string, number>> {
    // The one that tells of all the others is not counted yet.
    const infosBefore = this.#infos;
    const stats = await this.info('commandstats');
    return callsIn(stats, infosBefore);
  }

  /** What MONITOR tells within that time. */
  monitor(ms: number): Promise<string[]> {
    return new Promise((resolve, reject) => {
      const child = spawn('redis-cli', [...this.#args, 'MONITOR'], {
        env: this.#env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.once('error', (error) => reject(new BenchFailure(`redis-cli: ${error.message}`)));
      child.once('close', () => resolve(Buffer.concat(chunks).toString().split('\n').slice(1)));
      setTimeout(() => child.kill(), ms);
    });
  }

  async #run(args: string[]): Promise<{ stdout: string }> {
    try {
      return await promisify(execFile)('redis-cli', [...this.#args, ...args], { env: this.#env });
    } catch (error) {
      throw new BenchFailure(`redis-cli ${args[0]}: ${(error as Error).message}`);
    }
  }
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1)];
