import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

const answerWithinMs = 1_000;

/** A connection to the system's own Redis, that has shown its password. What Redis answers is for the caller to read. */
export async function speakTo(dataDir: string): Promise<Socket> {
  const settings = await readFile(join(dataDir, 'redis', 'redis.conf'), 'utf8');
  const of = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(settings)?.[1] ?? '';
  const socket = connect(Number(of('port')), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(command('AUTH', of('requirepass')));
  return socket;
}

/** Whether it answers commands: false while it is away, and while it reads its files. */
export async function answers(dataDir: string): Promise<boolean> {
  const socket = await speakTo(dataDir);
  socket.write(command('PING'));
  let said = '';
  return new Promise((resolve) => {
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(answerWithinMs, () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (bytes) => {
      said += bytes;
      if (/^\+PONG/m.test(said)) end(true);
      else if (said.split('\r\n').length > 2) end(false);
    });
  });
}

export const command = (...words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
