import { rush } from './crowd.ts';
import type { FromLoad, ToLoad } from './messages.ts';
import type { RushPart } from './rush.ts';
import { Tally } from './tally.ts';

/**
 * Composition root of a load process: is told its part of a rush over IPC, tells how it goes, hands over
 * what its buyers saw, and ends.
 */
const progressEveryMs = 500;
const tally = new Tally();
let part: RushPart | null = null;

function tell(message: FromLoad, told: () => void = () => {}): void {
  process.send?.(message, told);
}

function finish(): void {
  const { outcomes } = tally.progress();
  const ended = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  if (part) tally.outcome('unfinished', part.to - part.from - ended);
  for (const { buyerId, behaviour, stage } of tally.inside) {
    tally.failure(`unfinished over ${behaviour.channel}, ${stage}: ${buyerId}`);
  }
  tell({ kind: 'finished', result: tally.result() }, () => process.exit(0));
}

process.on('message', (message: ToLoad) => {
  if (message.kind === 'stop') return finish();
  part = message.part;
  setInterval(() => tell({ kind: 'progress', progress: tally.progress() }), progressEveryMs);
  void rush(message.part, tally).then(finish);
});
// Whoever started it decides when it ends; a Ctrl-C in the terminal reaches everybody at once.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

if (process.channel) {
  tell({ kind: 'ready' });
} else {
  console.error('bench/load: is started by npm run demo');
  process.exit(1);
}
