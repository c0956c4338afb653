import { monitor } from './monitor/monitor.ts';
import type { Catalogue } from './options.ts';
import { profile } from './profile/profile.ts';
import { publicTokens } from './reserve/public-tokens.ts';
import { reserve } from './reserve/reserve.ts';
import { reserveSocket } from './reserve/reserve-socket.ts';
import { roomMemory } from './room/room-memory.ts';
import type { Scoreboard } from './scoreboard.ts';
import { steady } from './steady/steady.ts';
import type { Options, Subject } from './subject.ts';
import { watch } from './watch/watch.ts';

export interface Scenario {
  /** What it measures, on a line. */
  about: string;
  /** True where it needs nothing but the public and the operator's API. */
  isRemote?: true;
  /** Part of a run that names no scenario. */
  isDefault?: true;
  run: (subject: Subject, options: Options, board: Scoreboard) => Promise<void>;
}

/** By the name that `--scenario` takes. Each one runs on a system of its own. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  reserve: {
    about: 'reservations over HTTP, plenty of stock',
    isDefault: true,
    run: reserve,
  },
  'reserve-socket': { about: 'reservations over WebSocket', run: reserveSocket },
  'public-tokens': {
    about: 'purchase tokens that anybody can verify, against private ones',
    run: publicTokens,
  },
  steady: {
    about: 'open loop at a fixed rate, corrected for coordinated omission; and an idle system',
    isDefault: true,
    run: steady,
  },
  monitor: { about: 'commands sent to Redis and called a decision, by MONITOR', run: monitor },
  'room-memory': { about: 'bytes of Redis an entrant, joins in batches and one by one', run: roomMemory },
  watch: { about: '15,000 sockets: memory, commands, time to the last socket', run: watch },
  profile: { about: 'where a gateway under load spends its time', run: profile },
};

export const catalogue: Catalogue = {
  names: Object.keys(scenarios),
  defaults: Object.keys(scenarios).filter((name) => scenarios[name]?.isDefault),
  about: Object.fromEntries(Object.entries(scenarios).map(([name, { about }]) => [name, about])),
};
