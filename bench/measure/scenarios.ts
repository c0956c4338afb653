import { monitor } from './monitor/monitor.ts';
import { profile } from './profile/profile.ts';
import { publicTokens } from './reserve/public-tokens.ts';
import { reserve } from './reserve/reserve.ts';
import { reserveSocket } from './reserve/reserve-socket.ts';
import { roomMemory } from './room/room-memory.ts';
import type { Scoreboard } from './scoreboard.ts';
import { steady } from './steady/steady.ts';
import type { Options, Subject } from './subject.ts';

import { watch } from './watch/watch.ts';

export type Scenario = (subject: Subject, options: Options, board: Scoreboard) => Promise<void>;

/** By the name that `--scenario` takes. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  reserve,
  'reserve-socket': reserveSocket,
  'public-tokens': publicTokens,
  steady,
  monitor,
  'room-memory': roomMemory,
  watch,
  profile,
};
