import { connected } from '../../../engine/redis/connection.ts';
import { placeBook } from '../../../engine/waiting-room/place-book.ts';
import { answerParent } from '../part.ts';
import { type Joins, joinMany } from './joins.ts';

/**
 * Composition root of joining without a door: the engine's own place book on the system's Redis, because ten
 * million joins over HTTP would measure HTTP.
 */
const redis = await connected(process.env.REDIS_URL as string);
const { take } = placeBook(redis, process.env.TOKEN_SECRET as string);
answerParent<Joins>((joins) => joinMany(take, joins));
