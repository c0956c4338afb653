import { answerParent } from '../../part.ts';
import { type CrowdSetting, SocketCrowd, type SocketRound } from './crowd.ts';

/** Composition root of the buyers on sockets: a process of its own. */
const crowd = new SocketCrowd();
answerParent<{ open: CrowdSetting } | { run: SocketRound }>((request) =>
  'open' in request ? crowd.open(request.open) : crowd.run(request.run),
);
