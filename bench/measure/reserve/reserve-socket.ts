import { shuffled } from '../contest/shuffled.ts';
import { type Door, type DoorName, withDoors } from '../doors.ts';
import { demand } from '../failure.ts';
import { watchMachine } from '../load/machine-share.ts';
import { type Pressure, remarkPressure } from '../load/pressure.ts';
import { Part } from '../part.ts';
import { cpuSecondsOf } from '../process-facts.ts';
import { RedisCli } from '../redis-cli.ts';
import { withRelayHeldBack } from '../relay.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import type { SocketResult } from './socket-buyers/crowd.ts';

const names: DoorName[] = ['doorbuster', 'door-only', 'evalsha-each'];
const opponents = ['door-only', 'evalsha-each'] as const;

/** A socket has one buyer, so a round is so many sales in which each of these reserves once. */
const buyers = 4_000;
const salesPerSecond = 2;

interface Round extends Pressure {
  perSecond: number;
  redisCpuUs: number;
  gatewayCpuUs: number;
}

/** As the scenario `reserve`, over WebSocket. */
export async function reserveSocket(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const redis = new RedisCli(subject.redisUrl);
  const sold: { sale: BenchSale; held: number }[] = [];
  const crowds = new Map<string, Part>();

  async function run(door: Door, saleCount: number): Promise<Round> {
    const sales: BenchSale[] = [];
    for (let made = 0; made < saleCount; made++) sales.push(await BenchSale.create(subject));
    const machine = watchMachine();
    const redisBefore = await redis.cpuSeconds();
    const gatewayBefore = cpuSecondsOf(door.pid);
    const result = await (crowds.get(door.name) as Part).ask<SocketResult>({
      run: {
        saleIds: sales.map((sale) => sale.id),
        skus: sales.map((sale) => sale.sku),
        underWay: options.connections,
      },
    });
    const machineShare = machine();
    const gatewaySeconds = cpuSecondsOf(door.pid) - gatewayBefore;
    const redisSeconds = (await redis.cpuSeconds()) - redisBefore;
    demand(result.answers > 0 && result.wrong === null, `a reserve was answered ${result.wrong}`);
    const held = door.name === 'door-only' ? 0 : buyers;
    for (const sale of sales) {
      sold.push({ sale, held });
      await sale.command('close');
    }
    const usEach = (cpuSeconds: number) => (cpuSeconds * 1_000_000) / result.answers;
    return {
      perSecond: result.perSecond,
      redisCpuUs: usEach(redisSeconds),
      gatewayCpuUs: usEach(gatewaySeconds),
      generatorShare: result.generatorShare,
      machineShare,
    };
  }

  const found = new Map<string, Round[]>(names.map((name) => [name, []]));
  await withDoors(subject, names, async (doors) => {
    try {
      for (const door of doors) {
        const crowd = await Part.start('bench/measure/reserve/socket-buyers/main.ts', subject);
        crowds.set(door.name, crowd);
        await crowd.ask({ open: { origin: door.origin, authSecret: subject.authSecret, buyers } });
      }
      await withRelayHeldBack(subject, async () => {
        for (const door of doors) await run(door, 2);
        for (let round = 0; round < options.rounds; round++) {
          for (const door of shuffled(doors, round))
            found.get(door.name)?.push(await run(door, options.seconds * salesPerSecond));
        }
      });
    } finally {
      await Promise.all([...crowds.values()].map((crowd) => crowd.stop()));
    }
  });
  for (const { sale, held } of sold) await auditDrained(sale, { min: held, max: held });

  const scenario = 'reserve-socket';
  const values = (name: string, of: (round: Round) => number) => (found.get(name) ?? []).map(of);
  for (const opponent of opponents) {
    for (const [unit, of] of [
      ['decisions/s', (round: Round) => round.perSecond],
      ['µs of gateway CPU a decision', (round: Round) => round.gatewayCpuUs],
    ] as const) {
      board.compare(
        { scenario, subject: 'doorbuster', opponent, unit },
        values('doorbuster', of),
        values(opponent, of),
      );
    }
  }
  board.compare(
    { scenario, subject: 'doorbuster', opponent: 'evalsha-each', unit: 'µs of Redis CPU a decision' },
    values('doorbuster', (round) => round.redisCpuUs),
    values('evalsha-each', (round) => round.redisCpuUs),
  );
  remarkPressure(board, scenario, 'the crowd of sockets', found);
}
