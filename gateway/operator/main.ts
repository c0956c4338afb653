import closeWithGrace from 'close-with-grace';
import { createSettlement } from '../../engine/index.ts';
import {
  createCoupons,
  createFulfilment,
  createMails,
  createPayments,
  createReconciliation,
  createSaleStore,
  createSigningKeyRotation,
  createSlowSales,
  createStockStore,
  createWebhooks,
  postgresReadiness,
  workersReadiness,
} from '../../persistence/index.ts';
import { lineOf } from '../guard/absence.ts';
import { authenticationOf } from '../guard/authentication-of.ts';
import { createLog } from '../log.ts';
import { fail, packageVersion, settingsOrFail } from '../start.ts';
import { openOperatorPlane } from './operator-plane.ts';

/** Composition root of the operator's plane. */
const settings = settingsOrFail();
const { REDIS_URL, DATABASE_URL, TOKEN_SECRET, OPERATOR_HOST, OPERATOR_PORT } = settings;
const log = createLog('operator', settings.LOG_LEVEL);

const postgres = postgresReadiness(DATABASE_URL);
const away = await postgres.check();
if (away !== null) fail([`operator: ${away}`]);
const settlement = createSettlement(REDIS_URL, TOKEN_SECRET);
const workers = workersReadiness(REDIS_URL);
const sales = createSaleStore(DATABASE_URL, settlement, log);
const stock = createStockStore(DATABASE_URL, settlement, log);
const fulfilment = createFulfilment(DATABASE_URL);
const coupons = createCoupons(DATABASE_URL);
const webhooks = createWebhooks(DATABASE_URL, settings.WEBHOOK_PRIVATE_ADDRESSES === 'on');
const mails = createMails(DATABASE_URL);
const payments = createPayments(DATABASE_URL, REDIS_URL, log);
const reconciliation = createReconciliation(DATABASE_URL, REDIS_URL, settlement, log);
const slowSales = createSlowSales(DATABASE_URL, log);
const signingKeys = createSigningKeyRotation(DATABASE_URL, TOKEN_SECRET);
const redis = { check: () => settlement.saleIds().then(() => null, lineOf) };
const plane = await openOperatorPlane({
  settings,
  authenticate: authenticationOf(settings),
  sales,
  stock,
  fulfilment,
  coupons,
  webhooks,
  mails,
  payments,
  reconciliation,
  settlement,
  slowSales,
  readiness: { redis, postgres, workers },
  signingKeys,
  version: packageVersion(),
  log,
});
if (!plane)
  fail([`operator: port ${OPERATOR_PORT} on ${OPERATOR_HOST} is taken; set OPERATOR_PORT to another one`]);

const grace = closeWithGrace({ delay: 2_500, logger: false }, async ({ err }) => {
  if (err) log.error({ err }, 'the operator plane stops');
  await plane.close();
  const stores = [
    sales,
    stock,
    fulfilment,
    coupons,
    webhooks,
    mails,
    payments,
    reconciliation,
    postgres,
    workers,
    signingKeys,
    slowSales,
    settlement,
  ];
  await Promise.all(stores.map((store) => store.close()));
});
process.on('disconnect', grace.close);
log.info({ port: plane.port }, 'the operator plane listens');
process.send?.({ kind: 'ready' });
