import { createTransport } from 'nodemailer';
import type { Settings } from '../../../engine/contracts/settings.ts';
import type { MailContent, MailOptions } from './mail.ts';

/** A mail on its way. */
export interface OutgoingMail extends MailContent {
  recipient: string;
  /** Of the Message-ID, before the @; the same for every attempt. */
  name: string;
}

/** What an SMTP server said. `error` is null where it took the mail. */
export interface MailAttempt {
  /** Its reply code; null where it said nothing. */
  status: number | null;
  error: string | null;
  /** It will never take this mail. */
  isRefused: boolean;
}

export interface Smtp {
  /** One attempt. Never rejects. */
  send(mail: OutgoingMail): Promise<MailAttempt>;
  close(): void;
}

/** Connections to the server at once, and so mails: more than providers like get slower, not faster. */
export const mailsAtOnce = 4;

/** A mail is a few kilobytes: a server that is silent for so long is not there. */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** Where mails go, or null where the settings name no server. */
export function mailOptionsOf({
  SMTP_URL,
  MAIL_FROM,
  MAIL_ORDER_URL,
}: Partial<Settings>): MailOptions | null {
  if (!SMTP_URL || !MAIL_FROM) return null;
  return { smtpUrl: SMTP_URL, from: MAIL_FROM, orderUrl: MAIL_ORDER_URL ?? null };
}

/** Sends mails to a server, over connections that are kept. */
export function smtpAt({ smtpUrl, from }: Pick<MailOptions, 'smtpUrl' | 'from'>): Smtp {
  const transport = createTransport({
    ...{ url: smtpUrl, pool: true, maxConnections: mailsAtOnce, ...timeouts },
    // Whether it is tried again is the row's to say: the server may have taken it.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s<>@]+?)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send({ recipient, name, subject, text, html }) {
      try {
        const info = await transport.sendMail({
          from,
          // As an object, so that nothing in it is read as a list of addresses.
          to: { name: '', address: recipient },
          ...{ subject, text, html },
          messageId: `<${name}@${domain}>`,
          // RFC 3834: nobody's absence is to be answered to.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { status: Number.parseInt(info.response, 10) || null, error: null, isRefused: false };
      } catch (error) {
        return attemptOf(error as SmtpError, recipient);
      }
    },
    close: () => transport.close(),
  };
}

/** What nodemailer adds to an error. */
interface SmtpError extends Error {
  responseCode?: number;
  command?: string;
}

/** Commands whose 5xx is about this mail. One of another, a wrong password above all, is mended, and then goes. */
const commandsOfTheMail = new Set(['RCPT TO', 'DATA']);

function attemptOf({ message, responseCode, command }: SmtpError, recipient: string): MailAttempt {
  const isRefused = (responseCode ?? 0) >= 500 && commandsOfTheMail.has(command ?? '');
  // Servers repeat the address; whoever reads what became of mails need not know it.
  const error = message
    .replaceAll(recipient, 'the buyer')
    .replaceAll(/\p{Cc}+/gu, ' ')
    .slice(0, 300);
  return { status: responseCode ?? null, error, isRefused };
}
