import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { tokenSigner } from '../../load/tokens.ts';
import type { Door } from '../doors.ts';
import { BrokenInvariant, demand } from '../failure.ts';
import { HttpWire, postText } from '../load/http-wire.ts';
import { BenchSale } from '../sales.ts';
import { median } from '../statistics.ts';
import type { Subject } from '../subject.ts';

const turns = 300;

/**
 * Medians in ms of one reservation on an idle system, by door, and of one round trip to Redis: in turns, one
 * at a time, with a pause before each.
 */
export async function idleMedians(
  subject: Subject,
  doors: readonly Door[],
): Promise<{ redisMs: number; reserveMs: Map<string, number> }> {
  const sign = tokenSigner(subject.authSecret);
  const sale = await BenchSale.create(subject);
  const text = postText(sale.path, sale.body);
  const wires = new Map<string, HttpWire>();
  for (const { name, origin } of doors) {
    await sale.probe(origin, `idle-probe-${name}`);
    wires.set(name, await HttpWire.open(origin));
  }
  const redis = await RedisWire.open(subject.redisUrl);
  const redisTimes: number[] = [];
  const reserveTimes = new Map<string, number[]>(doors.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    await sleep(3);
    redisTimes.push(await timed(() => redis.ping()));
    for (const [name, wire] of wires) {
      await sleep(3);
      const token = sign({ sub: `idle-${name}-${turn}` });
      const answer = async () =>
        demand((await wire.ask(text, token)) === 201, 'reserve was not answered 201');
      reserveTimes.get(name)?.push(await timed(answer));
    }
  }
  redis.close();
  for (const wire of wires.values()) wire.close();
  await sale.command('close');
  const reserveMs = new Map([...reserveTimes].map(([name, times]) => [name, median(times)]));
  return { redisMs: median(redisTimes), reserveMs };
}

async function timed(use: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await use();
  return performance.now() - startMs;
}

/** PING, and nothing else of the protocol. */
class RedisWire {
  readonly #socket: ReturnType<typeof connect>;

  private constructor(socket: ReturnType<typeof connect>) {
    this.#socket = socket;
  }

  static async open(redisUrl: string): Promise<RedisWire> {
    const { hostname, port, password } = new URL(redisUrl);
    const socket = connect(Number(port || 6379), hostname);
    socket.setNoDelay(true);
    // 'close' follows, and says so to whoever waits for an answer.
    socket.on('error', () => {});
    const wire = new RedisWire(socket);
    if (password !== '') await wire.#ask(`AUTH ${decodeURIComponent(password)}`);
    demand((await wire.ping()) === '+PONG\r\n', 'Redis did not answer PING');
    return wire;
  }

  ping(): Promise<string> {
    return this.#ask('PING');
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const closed = () => reject(new BrokenInvariant('Redis closed the connection'));
      this.#socket.once('close', closed);
      this.#socket.once('data', (answer: Buffer) => {
        this.#socket.removeListener('close', closed);
        resolve(answer.toString());
      });
      this.#socket.write(`${command}\r\n`);
    });
  }
}
