import type { Refusal } from './errors.ts';
import type { Page } from './page.ts';
import type { Mail } from './wire/mails.ts';

/** The operator's hand on mails to buyers. */
export interface Mails {
  /** Newest first. `cursor` is the `nextCursor` of the page before; refusal where it is none: `invalid_request`. */
  list(limit: number, cursor: string | null): Promise<Page<Mail> | Refusal>;
  /** Sends a mail again, with the same Message-ID, whatever came of it. Refusal: `mail_not_found`. */
  resend(mailId: string): Promise<{ kind: 'due'; mail: Mail } | Refusal>;
}
