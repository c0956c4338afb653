import { connect, createServer, type Socket } from 'node:net';

/** Stands on the way to a service: what is asked arrives, and replies may not come back. */
export interface ReplyProxy {
  /** The upstream's URL with the proxy in its place. */
  url: string;
  /** That many of the next replies are lost, each with the connection that it was to come on. */
  loseNext(replies: number): void;
  /** How many really were. */
  readonly lost: number;
  close(): void;
}

export async function replyProxy(upstreamUrl: string): Promise<ReplyProxy> {
  const upstream = new URL(upstreamUrl);
  const sockets = new Set<Socket>();
  let toLose = 0;
  let lost = 0;
  const server = createServer((client) => {
    const service = connect(Number(upstream.port), upstream.hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        service.destroy();
      });
    }
    let hasAsked = false;
    client.on('data', (question) => {
      hasAsked = true;
      service.write(question);
    });
    service.on('data', (reply) => {
      if (toLose > 0 && hasAsked) {
        toLose--;
        lost++;
        client.destroy();
      } else {
        client.write(reply);
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = new URL(upstreamUrl);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    url: url.href,
    loseNext(replies) {
      toLose = replies;
    },
    get lost() {
      return lost;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
