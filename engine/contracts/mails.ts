import type { Refusal } from './errors.ts';
import type { Mail } from './wire/mails.ts';

/** The operator's hand on mails to buyers. */
export interface Mails {
  /** Newest first. `cursor` is the opaque value of the previous page. */
  list(limit: number, cursor: string | null): Promise<{ data: Mail[]; nextCursor: string | null }>;
  /** Sends a mail again, with the same Message-ID, whatever came of it. Refusal: `mail_not_found`. */
  resend(mailId: string): Promise<{ kind: 'due'; mail: Mail } | Refusal>;
}
