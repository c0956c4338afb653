import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface MailCatcher {
  /** Where it takes mails, on this machine alone. */
  url: string;
  close(): Promise<void>;
}

/** More than any mail of ours; what is larger is refused. */
const mailBytesMax = 1024 * 1024;

/**
 * An SMTP server on a free loopback port that sends nothing on: each mail becomes a file of that directory,
 * whole before it is acknowledged. A mail that comes again, by its Message-ID, takes the place of the first.
 */
export async function openMailCatcher(directory: string): Promise<MailCatcher> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const server = new SMTPServer({
    size: mailBytesMax,
    // Nothing to log in to, and no certificate that a client would believe.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, _session, done) {
      buffer(stream)
        .then((mail) => (stream.sizeExceeded ? Promise.reject(tooLarge()) : keep(directory, mail)))
        .then(() => done(), done);
    },
  });
  // A client that goes away in the middle has its mail still, and sends it again.
  server.on('error', () => {});
  await new Promise<void>((listening, failed) => {
    server.server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

const tooLarge = () => Object.assign(new Error('The mail is too large'), { responseCode: 552 });

async function keep(directory: string, mail: Buffer): Promise<void> {
  const head =
    mail
      .subarray(0, 16 * 1024)
      .toString('latin1')
      .split('\r\n\r\n', 1)[0] ?? '';
  const name = /^message-id:\s*<([A-Za-z0-9][\w.-]{0,120})@/im.exec(head)?.[1] ?? randomUUID();
  const unfinished = join(directory, `.${randomUUID()}`);
  await writeFile(unfinished, mail, { mode: 0o600 });
  await rename(unfinished, join(directory, `${name}.eml`));
}
