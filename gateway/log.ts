import { pino } from 'pino';

/** What a plane says while it works: facts, then a sentence. Never a token, a key or what a body held. */
export interface Log {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
  error(facts: object, sentence: string): void;
}

/** JSON lines on stdout. */
export const createLog = (plane: string, level: string): Log => pino({ name: plane, level });
