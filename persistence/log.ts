import { pino } from 'pino';

/** What the durable half says while it works: an object of facts, then a sentence. */
export interface Log {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** JSON lines on stdout. */
export const createLog = (level: string): Log => pino({ name: 'persistence', level });
