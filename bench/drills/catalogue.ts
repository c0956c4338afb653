import { clockJump } from './faults/clock-jump.ts';
import { crashPointDrill } from './faults/crash-points.ts';
import { diskFull } from './faults/disk-full.ts';
import { kill } from './faults/kill.ts';
import { lostReplies } from './faults/lost-replies.ts';
import { paymentStorm } from './faults/payment-storm.ts';
import { providerStorm } from './faults/provider-storm.ts';
import { redisAway, redisAwaySlow } from './faults/redis-away.ts';
import { aofCut, redisRollback, redisWipe } from './faults/redis-data.ts';
import { sleeper } from './faults/sleeper.ts';
import { soak } from './faults/soak.ts';
import type { Drill } from './scene.ts';

/** Every drill, in the order in which `all` takes turns. */
export const drills: readonly Drill[] = [
  kill('gateway-kill', 'a gateway dies (SIGKILL), and its buyers go to another', ['gateway']),
  kill('worker-kill', 'a worker dies, and others do its jobs', ['worker']),
  kill('redis-kill', 'Redis dies, and comes back with all that it acknowledged', ['redis']),
  kill('postgres-kill', 'Postgres dies, and nothing is confirmed until it is back', ['postgres']),
  kill('any-kill', 'any process dies: gateway, operator plane, worker, Redis, Postgres'),
  lostReplies,
  sleeper,
  providerStorm,
  paymentStorm,
  redisWipe,
  redisRollback,
  aofCut,
  redisAway,
  redisAwaySlow,
  clockJump,
  crashPointDrill,
  diskFull,
  soak,
];
