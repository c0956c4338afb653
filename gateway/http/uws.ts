/**
 * The only import of uWebSockets.js. Its parser reads the limit on headers once, when the library is loaded,
 * and its own default of 4 KiB is too small for a token and a ticket.
 */
process.env.UWS_HTTP_MAX_HEADERS_SIZE ??= '16384';

export const uws = await import('uWebSockets.js');
export type { HttpRequest, HttpResponse, TemplatedApp, us_listen_socket, WebSocket } from 'uWebSockets.js';
