import { browse } from './browse/browse.ts';
import type { ScenarioFacts } from './catalogue.ts';
import { draw } from './draw/draw.ts';
import { herd } from './herd/herd.ts';
import { monitor } from './monitor/monitor.ts';
import { slowProvider } from './pace/slow-provider.ts';
import { profile } from './profile/profile.ts';
import { full } from './purchases/full.ts';
import { pay } from './purchases/pay.ts';
import { batchSize } from './reserve/batch-size.ts';
import { publicTokens } from './reserve/public-tokens.ts';
import { reserve } from './reserve/reserve.ts';
import { reserveSocket } from './reserve/reserve-socket.ts';
import { roomMemory } from './room/room-memory.ts';
import { growth } from './room-door/growth.ts';
import { joinRoom } from './room-door/join.ts';
import { poll } from './room-door/poll.ts';
import type { Scoreboard } from './scoreboard.ts';
import { soldOut } from './sold-out/sold-out.ts';
import { steady } from './steady/steady.ts';
import { bystander } from './storms/bystander.ts';
import { mixed } from './storms/mixed.ts';
import { reconnectStorm } from './storms/reconnect.ts';
import type { Options, Subject } from './subject.ts';
import { watch, watchersMin } from './watch/watch.ts';

export interface Scenario extends ScenarioFacts {
  run: (subject: Subject, options: Options, board: Scoreboard) => Promise<void>;
}

/** A closed loop of requests over HTTP, in rounds. */
const httpLoop = ['rounds', 'duration', 'connections', 'generator'] as const;

/** By the name that `--scenario` takes. Each one runs on a system of its own. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  reserve: {
    about: 'reservations over HTTP, plenty of stock, against all opponents and ceilings',
    reads: httpLoop,
    alsoPosts: ['reserve-relaying'],
    sides: 15,
    isDefault: true,
    run: reserve,
  },
  'sold-out': {
    about: 'reservations in a sale that is sold out: the path of the refusal',
    reads: httpLoop,
    isRemote: true,
    pays: true,
    sides: 8,
    isDefault: true,
    run: soldOut,
  },
  join: {
    about: 'places in a waiting room',
    reads: httpLoop,
    isRemote: true,
    isDefault: true,
    run: joinRoom,
  },
  poll: {
    about: 'where a ticket stands, asked by everybody',
    reads: httpLoop,
    isRemote: true,
    isDefault: true,
    run: poll,
  },
  browse: {
    about: 'the page of a sale by its ETag',
    reads: httpLoop,
    isRemote: true,
    isDefault: true,
    run: browse,
  },
  full: {
    about: 'join, reserve, pay, confirmed; against one multi-row insert of the same rows',
    reads: ['rounds', 'duration', 'rate'],
    isRemote: true,
    pays: true,
    isDefault: true,
    run: full,
  },
  pay: {
    about: 'pay to confirmed, the holds made before; against one multi-row insert of the same rows',
    reads: ['rounds', 'duration', 'rate'],
    isRemote: true,
    pays: true,
    run: pay,
  },
  herd: {
    about: '20,000 buyers in the same second, one unit for twenty',
    reads: ['rounds', 'buyers'],
    isRemote: true,
    run: herd,
  },
  mixed: {
    about: 'lookers, waiters, buyers and payers at once, at fixed rates',
    reads: ['rounds', 'duration', 'rate'],
    isRemote: true,
    pays: true,
    run: mixed,
  },
  bystander: {
    about: 'a quiet sale while another one is stormed',
    reads: [...httpLoop, 'rate'],
    isRemote: true,
    pays: true,
    isDefault: true,
    run: bystander,
  },
  'reconnect-storm': {
    about: '15,000 sockets drop at once and come back',
    reads: ['rounds', 'watchers'],
    run: reconnectStorm,
  },
  growth: {
    about: 'what asking costs where a million wait, against a thousand',
    reads: httpLoop,
    run: growth,
  },
  'reserve-socket': {
    about: 'reservations over WebSocket, with the relay held back',
    reads: ['rounds', 'duration', 'connections'],
    run: reserveSocket,
  },
  'public-tokens': {
    about: 'purchase tokens that anybody can verify, against private ones',
    reads: httpLoop,
    run: publicTokens,
  },
  'batch-size': {
    about: 'how many requests go as one call at most: throughput, latency, CPU',
    reads: httpLoop,
    sides: 7,
    run: batchSize,
  },
  steady: {
    about: 'open loop at a fixed rate, corrected for coordinated omission; and an idle system',
    reads: [...httpLoop, 'rate'],
    alsoPosts: ['idle'],
    isDefault: true,
    run: steady,
  },
  monitor: {
    about: 'commands sent to Redis and called a decision, by MONITOR',
    reads: ['rounds', 'connections', 'generator'],
    run: monitor,
  },
  'room-memory': {
    about: 'bytes of Redis an entrant, joins in batches and one by one',
    reads: ['rounds', 'large'],
    run: roomMemory,
  },
  watch: {
    about: '15,000 sockets: memory, commands, time to the last socket',
    reads: ['rounds', 'duration', 'watchers', 'large'],
    watchersMin,
    run: watch,
  },
  draw: {
    about: 'a drawn sale: its root, and what verify-draw says to it and to forgeries',
    reads: ['large'],
    run: draw,
  },
  'slow-provider': {
    about: 'the pace while the provider is ten times slower',
    reads: ['duration'],
    run: slowProvider,
  },
  profile: {
    about: 'where a gateway under load spends its time',
    reads: ['duration', 'connections', 'generator', 'profile'],
    run: profile,
  },
};
