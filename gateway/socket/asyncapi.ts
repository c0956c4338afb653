import type { ClientOp } from '../../engine/contracts/wire/socket.ts';
import { clientFrames, Ref } from '../../engine/contracts/wire/socket.ts';
import type { DocumentInfo } from '../http/openapi.ts';
import { closeCodes } from './connection.ts';
import { broadcastEvents, type EventName, pushedEvents, serverEvents } from './events.ts';
import { ops } from './ops.ts';
import { subprotocol } from './upgrade.ts';

const channel = { $ref: '#/channels/socket' };
const inChannel = (name: string) => ({ $ref: `#/channels/socket/messages/${name}` });
const question = (op: string) => `client_${op}`;
const closings = Object.values(closeCodes)
  .map(({ code, reason }) => `${code} ${reason}`)
  .join(', ');
const event = (ev: string) => `server_${ev}`;

/** The AsyncAPI 3 document of the WebSocket, from the tables that serve it. */
export function asyncApiOf(info: DocumentInfo): object {
  const names = Object.keys(ops) as ClientOp[];
  const events = Object.keys(serverEvents) as EventName[];
  const messages = Object.fromEntries([
    ...names.map((op) => [question(op), { name: op, summary: ops[op].summary, payload: clientFrames[op] }]),
    ...events.map((ev) => [
      event(ev),
      { name: ev, summary: serverEvents[ev].summary, payload: payloadOf(ev) },
    ]),
  ]);
  return {
    asyncapi: '3.0.0',
    info: { ...info, license: { name: 'Apache-2.0' } },
    defaultContentType: 'application/json',
    channels: {
      socket: {
        address: '/ws',
        title: 'The one socket',
        description:
          `Text frames, one JSON object each, at most 16 KiB. Log in with \`auth\`, or with the subprotocols \`${subprotocol}, ` +
          `bearer.<JWT>\`. What only a buyer may send counts as a request of theirs, everything else by address. Refused frames answer \`error\` and leave the socket open. Close codes: ${closings}.`,
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      ...Object.fromEntries(names.map((op) => [op, operationOf(op)])),
      broadcasts: {
        action: 'send',
        channel,
        summary: 'To everybody who watches the sale, several times a second at most, only on change',
        messages: broadcastEvents.map((ev) => inChannel(event(ev))),
      },
      pushes: {
        action: 'send',
        channel,
        summary: 'To one buyer, on every socket they have',
        messages: pushedEvents.map((ev) => inChannel(event(ev))),
      },
    },
    components: { messages },
  };
}

function operationOf(op: ClientOp): object {
  return {
    action: 'receive',
    channel,
    summary: ops[op].summary,
    messages: [inChannel(question(op))],
    reply: {
      channel,
      messages: [...ops[op].answers, 'error' as const].map((ev) => inChannel(event(ev))),
    },
  };
}

function payloadOf(ev: EventName): object {
  const { schema } = serverEvents[ev];
  return {
    ...schema,
    properties: {
      ev: { type: 'string', const: ev },
      ref: { ...Ref, description: 'of the question' },
      ...schema.properties,
    },
    required: ['ev', ...((schema as { required?: string[] }).required ?? [])],
  };
}
