import { errorBody, intentBody } from './intent-body.ts';
import type { RouteParts } from './intent-routes.ts';

/** The bank's page of 3-D Secure: the buyer completes or refuses, and the intent moves on. */
export function mountAuthentication({ app, exchangeOn, book, origin }: RouteParts): void {
  app.get('/3ds/:id', (res, req) => {
    const exchange = exchangeOn(res);
    const intent = book.find(req.getParameter(0) ?? '');
    if (intent) exchange.answerPage(page(intent.id, intent.status));
    else exchange.answer(404, errorBody('invalid_request_error', 'There is nothing to authenticate.'));
  });
  for (const does of ['complete', 'refuse'] as const) {
    app.post(`/3ds/:id/${does}`, (res, req) => {
      const exchange = exchangeOn(res);
      const intent = book.find(req.getParameter(0) ?? '');
      if (!intent) {
        exchange.answer(404, errorBody('invalid_request_error', 'There is nothing to authenticate.'));
        return;
      }
      const moved = book.authenticate(intent, does);
      exchange.answer(moved.kind === 'moved' ? 200 : 409, intentBody(intent, origin()));
    });
  }
}

const page = (id: string, status: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Your bank (simulated)</title>
<body style="font: 1rem/1.5 system-ui; max-width: 30rem; margin: 4rem auto; padding: 0 1rem">
<h1>Is this you?</h1>
<p>A shop asks for a payment with your card. This bank is simulated, and no money moves.</p>
${
  status === 'requires_action'
    ? `<form method="post"><button formaction="/3ds/${id}/complete">Yes, pay</button>
<button formaction="/3ds/${id}/refuse">No</button></form>`
    : '<p>That is decided already. You may go back to the shop.</p>'
}
</body>
</html>
`;
