import WebSocket from 'ws';

export interface SocketSetting {
  origin: string;
  /** Shown in the handshake; null for somebody who only looks. */
  token: string | null;
  /** Source address: one address has ports for about 28,000 sockets. */
  localAddress: string;
  /** Every frame of the server, as text bytes. */
  onFrame(bytes: Buffer, atMs: number): void;
  /** It was open and is not any more, for whatever reason. Whoever waits for a frame must not wait on. */
  onClose(reason: string): void;
}

/** Milliseconds since 1970, finer than Date.now(): comparable between processes of one machine. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Opens a socket; resolves when it is open. */
export function openSocket({
  origin,
  token,
  localAddress,
  onFrame,
  onClose,
}: SocketSetting): Promise<WebSocket> {
  const protocols = token === null ? [] : ['doorbuster.v1', `bearer.${token}`];
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws`, protocols, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    handshakeTimeout: 20_000,
    localAddress,
  });
  socket.on('message', (bytes: Buffer) => onFrame(bytes, nowMs()));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      // Without a listener an error of one socket ends the process; 'close' follows it.
      socket.on('error', () => {});
      socket.once('close', (code, reason) => onClose(`a socket was closed: ${code} ${reason}`));
      resolve(socket);
    });
  });
}

/** More at once overflow the listener's backlog. */
const handshakesMax = 64;

/** Opens so many, some at a time; `open` gets the number of each. */
export async function openMany<Opened>(
  count: number,
  open: (number: number) => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  let next = 0;
  const openNext = async () => {
    while (next < count) {
      const number = next++;
      opened[number] = await open(number);
    }
  };
  await Promise.all(Array.from({ length: handshakesMax }, openNext));
  return opened;
}
