import { join as pathOf } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tokenSigner } from '../../load/tokens.ts';
import { writeTokens } from '../buyers.ts';
import type { Asked } from '../contest/door-contender.ts';
import { contestOfDoors } from '../contest/door-contest.ts';
import { demand } from '../failure.ts';
import { wireBytes } from '../load/answer-bytes.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';

/** No door lets more in within a second. */
const entrantsPerSecond = 60_000;

/** Everybody takes a place in a waiting room, each once. */
export async function joinRoom(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const tokensFile = pathOf(subject.directory, 'join-tokens.txt');
  await writeTokens(tokensFile, subject.authSecret, options.seconds * entrantsPerSecond);
  const names = { scenario: 'join', thing: 'join' };
  await contestOfDoors(board, names, ['door-only-room', 'evalsha-each'], {
    subject,
    options,
    async open({ origin, name }): Promise<Asked> {
      const sale = await BenchSale.create(subject, inAnHour());
      const path = `/api/v1/sales/${sale.id}/tickets`;
      await sale.known(origin);
      const token = tokenSigner(subject.authSecret)({ sub: 'probe' });
      const probe = { method: 'POST' as const, path, body: '{}', token };
      const answerBytes = await wireBytes(origin, probe, (status) => status === 201);
      return {
        load: {
          method: 'POST',
          path,
          body: '{}',
          tokensFile,
          again: false,
          header: null,
          expects: 'success',
        },
        answerBytes,
        async check({ requests, underWayMax }) {
          const decides = name !== 'door-only-room';
          const least = decides ? requests + 1 : 0;
          const most = decides ? least + underWayMax : 0;
          // Past the second for which the sale's view may be kept.
          await sleep(1_500);
          const { waitingRoom } = await sale.view(origin);
          const { entrants } = waitingRoom;
          demand(
            entrants >= least && entrants <= most,
            `${entrants} entrants, the answers say ${least} to ${most}`,
          );
          await sale.command('close');
        },
      };
    },
  });
}

/** The room is open, the sale is not: nothing but joining happens. */
const inAnHour = () => ({ method: 'fifo' as const, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
