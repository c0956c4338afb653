/** One thing that was looked at; `detail` says in a line what was compared. */
export interface Check {
  name: string;
  outcome: 'ok' | 'failed' | 'not checked';
  detail: string;
}

export const ok = (name: string, detail: string): Check => ({ name, outcome: 'ok', detail });
export const failed = (name: string, detail: string): Check => ({ name, outcome: 'failed', detail });
export const notChecked = (name: string, detail: string): Check => ({ name, outcome: 'not checked', detail });

/** `ok` with the one sentence, or `failed` with the other. */
export const judged = (name: string, isOk: boolean, right: string, wrong: string): Check =>
  isOk ? ok(name, right) : failed(name, wrong);
