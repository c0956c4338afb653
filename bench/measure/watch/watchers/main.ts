import { answerParent } from '../../part.ts';
import { WatchCrowd, type WatchSetting } from './crowd.ts';

/** Composition root of a part of the watchers. */
const crowd = new WatchCrowd();
answerParent<{ open: WatchSetting } | { heard: { text: string; withinMs: number } } | { close: true }>(
  (request) => {
    if ('open' in request) return crowd.open(request.open);
    return 'heard' in request ? crowd.heard(request.heard) : crowd.close();
  },
);
