import { type TemplatedApp, type us_listen_socket, uws } from './uws.ts';

export interface Listener {
  port: number;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
}

/**
 * Listens (port 0 takes a free one), or answers null where the port is taken or the host is not ours. A shared
 * port lets several gateways of one instance split the connections; alone, sharing would let a forgotten
 * process quietly take half.
 */
export function listen(
  app: TemplatedApp,
  host: string,
  port: number,
  options: { isShared: boolean },
): Promise<Listener | null> {
  return new Promise((resolve) => {
    const done = (socket: us_listen_socket | false) => resolve(socket ? listenerOn(socket) : null);
    if (options.isShared) app.listen(host, port, done);
    else exclusively(app).listen(host, port, exclusivePort, done);
  });
}

function listenerOn(socket: us_listen_socket): Listener {
  return {
    // The declarations tell a listening socket from a socket; the library does not.
    port: uws.us_socket_local_port(socket as unknown as Parameters<typeof uws.us_socket_local_port>[0]),
    stop: () => uws.us_listen_socket_close(socket),
  };
}

const { LIBUS_LISTEN_EXCLUSIVE_PORT: exclusivePort } = uws as unknown as {
  LIBUS_LISTEN_EXCLUSIVE_PORT: number;
};

/** The declarations know options only without a host; the library takes them with one, too. */
const exclusively = (app: TemplatedApp) =>
  app as unknown as {
    listen(
      host: string,
      port: number,
      options: number,
      done: (socket: us_listen_socket | false) => void,
    ): void;
  };
