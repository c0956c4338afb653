import { readFileSync } from 'node:fs';
import { answerParent } from '../../part.ts';
import { type OpenLoop, openLoop } from './schedule.ts';

/** Composition root of an open loop: a process of its own, so that its clock is nobody else's. */
answerParent<Omit<OpenLoop, 'tokens'> & { tokensFile: string }>((setting) =>
  openLoop({ ...setting, tokens: readFileSync(setting.tokensFile, 'utf8').split('\n').filter(Boolean) }),
);
