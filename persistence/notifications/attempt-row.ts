import type { Attempt } from '../../engine/contracts/wire/attempt.ts';

/** An attempt as queries of deliveries and of mails collect them. */
export interface AttemptRow {
  attempt: number;
  at: string;
  duration_ms: number;
  status: number | null;
  error: string | null;
}

export const attemptOf = ({ attempt, at, duration_ms: durationMs, status, error }: AttemptRow): Attempt => ({
  attempt,
  at: new Date(at).toISOString(),
  durationMs,
  status,
  error,
});
