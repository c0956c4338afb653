import { answerParent } from '../../part.ts';
import { type Hearing, WatchCrowd, type WatchSetting } from './crowd.ts';

/** Composition root of a part of the watchers. */
const crowd = new WatchCrowd();
answerParent<
  { open: WatchSetting } | { heard: Hearing } | { quieten: true } | { listen: true } | { close: true }
>((request) => {
  if ('open' in request) return crowd.open(request.open);
  if ('heard' in request) return crowd.heard(request.heard);
  if ('quieten' in request) return crowd.quieten();
  return 'listen' in request ? crowd.listen() : crowd.close();
});
