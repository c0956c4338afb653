import { connected } from '../../../engine/redis/connection.ts';
import { reserver } from '../../../engine/reservation/reserve.ts';
import { answerParent } from '../../measure/part.ts';
import { type Decisions, decideMany } from './decisions.ts';

/** Composition root of the ceiling of the decision: the engine's own script and batches, without a door. */
const decide = reserver(await connected(process.env.REDIS_URL as string));
answerParent<Decisions>((decisions) => decideMany(decide, decisions));
