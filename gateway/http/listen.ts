import { type TemplatedApp, type us_listen_socket, uws } from './uws.ts';

/**
 * Listens, or answers null where the port is taken or the host is not ours. A shared port lets several
 * gateways of one instance split the connections; alone, sharing would let a forgotten process quietly take half.
 */
export function listen(
  app: TemplatedApp,
  host: string,
  port: number,
  options: { isShared: boolean },
): Promise<us_listen_socket | null> {
  return new Promise((resolve) => {
    const done = (socket: us_listen_socket | false) => resolve(socket || null);
    if (options.isShared) app.listen(host, port, done);
    else listenExclusively(app, host, port, done);
  });
}

const exclusivePort = (uws as unknown as { LIBUS_LISTEN_EXCLUSIVE_PORT: number }).LIBUS_LISTEN_EXCLUSIVE_PORT;

/** The declarations know options only without a host; the library takes them with one, too. */
function listenExclusively(
  app: TemplatedApp,
  host: string,
  port: number,
  done: (socket: us_listen_socket | false) => void,
): void {
  const withOptions = app as unknown as {
    listen(
      host: string,
      port: number,
      options: number,
      done: (socket: us_listen_socket | false) => void,
    ): void;
  };
  withOptions.listen(host, port, exclusivePort, done);
}
