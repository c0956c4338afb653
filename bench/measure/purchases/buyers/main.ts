import { answerParent } from '../../part.ts';
import { purchase } from './purchases.ts';

/** Composition root of buyers who pay: a process of its own, so that what they cost can be told apart. */
answerParent(purchase);
