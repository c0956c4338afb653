import { freePorts } from '../../demo/ports.ts';
import { tokenSigner } from '../../load/tokens.ts';
import type { Contender } from '../contest/contender.ts';
import { demand } from '../failure.ts';
import { generatorOf } from '../load/generator.ts';
import { HttpWire, postText } from '../load/http-wire.ts';
import { watchMachine } from '../load/machine-share.ts';
import { measuredLoad } from '../load/measured-load.ts';
import { Part } from '../part.ts';
import { RedisCli } from '../redis-cli.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Options, Subject } from '../subject.ts';

interface Answer {
  status: string;
  type: string;
  body: string;
}

/** uWebSockets.js with a constant answer as long as the real one, asked with the same requests. */
export async function uwsConstant(
  subject: Subject,
  options: Options,
  request: { method: 'GET' | 'POST'; path: string; body: string; tokensFile: string | null; answer: Answer },
): Promise<Contender & { stop(): Promise<void> }> {
  const [port] = (await freePorts(1)) as [number];
  const env = { ...subject.environment, PORT: String(port) };
  const part = await Part.start('bench/baselines/uws-constant/main.ts', {
    directory: subject.directory,
    env,
  });
  const { answer, ...asked } = request;
  await part.ask({ answer });
  const generate = generatorOf(options.generator, subject.directory);
  return {
    name: 'uws-constant',
    usesRedis: false,
    round: (seconds) => {
      const origin = `http://127.0.0.1:${port}`;
      const load = { ...asked, origin, again: true, header: null, expects: 'success' as const };
      const { connections } = options;
      return measuredLoad(generate, { ...load, connections, seconds }, { pids: [part.pid], redis: null });
    },
    audit: async () => {},
    stop: () => part.stop(),
  };
}

/** The whole answer to one reservation, to be repeated by a constant. */
export async function answerOf(
  sale: BenchSale,
  subject: Subject,
  origin: string,
): Promise<Answer & { id: string }> {
  const wire = await HttpWire.open(origin);
  const token = tokenSigner(subject.authSecret)({ sub: 'whole-answer' });
  const { status, text } = await wire.exchange(postText(sale.path, sale.body), token);
  wire.close();
  demand(status === 201, `reserve was answered ${text.slice(0, 500)}`);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  const { reservation } = JSON.parse(body) as { reservation: { id: string } };
  return { status: '201 Created', type: 'application/json', body, id: reservation.id };
}

/** Requests under way without a door: two batches at their largest. */
const pipelined = 400;

/** As bench/baselines/redis-alone answers: `wrong` is the first answer that was no hold. */
interface Decided {
  requests: number;
  perSecond: number;
  wrong: string | null;
  generatorShare: number;
}

/** Our script and its batches from one process without a door, on the system's Redis. */
export async function redisAlone(subject: Subject): Promise<Contender & { stop(): Promise<void> }> {
  const part = await Part.start('bench/baselines/redis-alone/main.ts', {
    directory: subject.directory,
    env: subject.environment,
  });
  const redis = new RedisCli(subject.redisUrl);
  const sold: { sale: BenchSale; held: number }[] = [];
  return {
    name: 'redis-alone',
    usesRedis: true,
    client: 'pipelined client',
    async round(seconds) {
      const sale = await BenchSale.create(subject);
      await sale.probe(subject.origin, 'probe-before');
      const { id } = await answerOf(sale, subject, subject.origin);
      const saleNumber = Number.parseInt(id.slice('rsv_'.length + 32), 36);
      const cpuBefore = await redis.cpuSeconds();
      const machine = watchMachine();
      const { requests, perSecond, wrong, generatorShare } = await part.ask<Decided>({
        saleId: sale.id,
        saleNumber,
        sku: sale.sku,
        underWay: pipelined,
        seconds,
      });
      const machineShare = machine();
      demand(wrong === null, `reserve was answered ${wrong}`);
      const redisCpuUs = (((await redis.cpuSeconds()) - cpuBefore) * 1_000_000) / requests;
      sold.push({ sale, held: requests + 2 });
      await sale.command('close');
      return { requests, perSecond, redisCpuUs, generatorShare, machineShare };
    },
    async audit() {
      for (const { sale, held } of sold) await auditDrained(sale, { min: held, max: held });
      sold.length = 0;
    },
    stop: () => part.stop(),
  };
}
