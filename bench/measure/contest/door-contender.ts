import { checkBytes } from '../load/answer-bytes.ts';
import { generatorOf } from '../load/generator.ts';
import type { Load, LoadResult } from '../load/load.ts';
import { measuredLoad } from '../load/measured-load.ts';
import { RedisCli } from '../redis-cli.ts';
import type { Options, Subject } from '../subject.ts';
import type { Contender } from './contender.ts';

/** What is sent in one round, and how its answers are checked. */
export interface Asked {
  load: Pick<Load, 'method' | 'path' | 'body' | 'tokensFile' | 'again' | 'header' | 'expects'>;
  /** Of the answer that all others are expected to have, head and body. */
  answerBytes: number;
  /** Throws `BrokenInvariant` where what was done does not fit to the number of answers. */
  check?(result: LoadResult): Promise<void>;
}

export interface AskedDoor {
  name: string;
  origin: string;
}

export interface DoorContest {
  subject: Subject;
  options: Options;
  /** Prepares a round at that door. */
  open(door: AskedDoor): Promise<Asked>;
  audit?(): Promise<void>;
}

/** A door of ours, or of another system, as one that takes turns with others. */
export function doorContender(
  door: AskedDoor & { pid: number | null },
  { subject, options, open, audit = async () => {} }: DoorContest,
): Contender {
  const generate = generatorOf(options.generator, subject.directory);
  const watched = {
    pids: door.pid === null ? [] : [door.pid],
    redis: subject.isOurs ? new RedisCli(subject.redisUrl) : null,
  };
  return {
    name: door.name.startsWith('door-only') ? 'door-only' : door.name,
    usesRedis: !door.name.startsWith('door-only'),
    async round(seconds) {
      const { load, answerBytes, check } = await open(door);
      const { connections } = options;
      const result = await measuredLoad(
        generate,
        { ...load, origin: door.origin, connections, seconds },
        watched,
      );
      checkBytes(result.bytesPerAnswer, answerBytes);
      await check?.(result);
      return result;
    },
    audit,
  };
}
