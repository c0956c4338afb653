import type { Drill } from '../scene.ts';
import { kill } from './kill.ts';

/** Any process dies about every ten seconds, its recovery included, while buyers come evenly for half an hour. */
export const soak: Drill = {
  ...kill('soak', 'any process dies every ten seconds for half an hour (--minutes), and no process grows'),
  pauseMs: [7_000, 9_000],
  crowd: 'paced',
  soakMinutes: 30,
};
