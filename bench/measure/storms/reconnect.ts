import { setTimeout as sleep } from 'node:timers/promises';
import { type Door, withDoors } from '../doors.ts';
import { demand } from '../failure.ts';
import { type Pressure, remarkPressure } from '../load/pressure.ts';
import { cpuSecondsOf } from '../process-facts.ts';
import { tell } from '../progress.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { Watchers } from '../watch/crowd.ts';

/** Past the second for which the sale's view may be kept. */
const settleMs = 1_500;

/** Everybody who waits loses the connection at once and comes back: each with the place that they had. */
export async function reconnectStorm(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const count = options.watchers;
  const watchers = new Watchers(subject);
  const seconds: number[] = [];
  const cpuUs: number[] = [];
  const pressures: Pressure[] = [];
  try {
    await withDoors(subject, ['doorbuster'], async (doors) => {
      const [door] = doors as [Door];
      const sale = await BenchSale.create(subject, { method: 'fifo', perMinute: 1 });
      await sale.known(door.origin);
      const setting = { origin: door.origin, saleId: sale.id, authSecret: subject.authSecret };
      await watchers.growTo(count, setting);
      for (let round = 0; round < options.rounds; round++) {
        await watchers.close();
        const cpuBefore = cpuSecondsOf(door.pid);
        const pressure = watchers.pressure();
        const startMs = performance.now();
        // Resolves when each of them is greeted, watches, and has a ticket again.
        await watchers.growTo(count, setting);
        seconds.push((performance.now() - startMs) / 1000);
        pressures.push(pressure());
        cpuUs.push(((cpuSecondsOf(door.pid) - cpuBefore) * 1_000_000) / count);
        await sleep(settleMs);
        const { entrants } = (await sale.view(door.origin)).waitingRoom;
        demand(entrants === count, `${count} came back, but ${entrants} places were given out`);
        tell(
          `reconnect-storm: round ${round + 1} of ${options.rounds}, all back in ${seconds.at(-1)?.toFixed(1)} s`,
        );
      }
      await watchers.close();
      await sale.command('close');
    });
  } finally {
    await watchers.stop();
  }
  board.note('reconnect-storm', `${count} sockets, the last one back with its place after`, 's', seconds);
  const rates = seconds.map((one) => count / one);
  board.note('reconnect-storm', 'rate', 'sockets/s', rates);
  board.note('reconnect-storm', 'gateway CPU a socket', 'µs', cpuUs);
  remarkPressure(board, 'reconnect-storm', 'a process of watchers', new Map([['doorbuster', pressures]]));
}
