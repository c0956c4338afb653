import { readFileSync } from 'node:fs';
import { type OpenLoop, openLoop } from './schedule.ts';

/** Composition root of an open loop: a process of its own, so that its clock is nobody else's. */
process.on('disconnect', () => process.exit(1));
process.on('message', (setting: Omit<OpenLoop, 'tokens'> & { tokensFile: string }) => {
  const tokens = readFileSync(setting.tokensFile, 'utf8').split('\n').filter(Boolean);
  void openLoop({ ...setting, tokens }).then((result) => {
    process.send?.({ kind: 'result', result }, () => process.exit(0));
  });
});
process.send?.({ kind: 'ready' });
