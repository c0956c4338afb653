import { App } from 'uWebSockets.js';
import { answerParent } from '../../measure/part.ts';

/**
 * Composition root of the ceiling of the door: uWebSockets.js, the request's body read, and the same bytes for
 * everybody. `{answer: {status, type, body}}` says which.
 */
let answer = { status: '200 OK', type: 'application/json', body: '{}' };
const app = App();
app.any('/*', (response) => {
  response.onAborted(() => {});
  response.onData((_, isLast) => {
    if (!isLast) return;
    response.cork(() => {
      response.writeStatus(answer.status).writeHeader('Content-Type', answer.type).end(answer.body);
    });
  });
});
await new Promise<void>((resolve, reject) => {
  app.listen('127.0.0.1', Number(process.env.PORT), (socket) =>
    socket ? resolve() : reject(new Error(`port ${process.env.PORT} is taken`)),
  );
});
answerParent<{ answer: typeof answer }>(async (request) => {
  answer = request.answer;
});
