import { answerParent } from '../../part.ts';
import type { Load } from '../load.ts';
import { closedLoop } from './closed-loop.ts';

/** Composition root of autocannon: a process of its own, so that what it costs can be told apart. */
answerParent<Load>(closedLoop);
