import closeWithGrace from 'close-with-grace';
import { crashPointOf } from '../engine/contracts/crash-points.ts';
import { createEngine } from '../engine/index.ts';
import {
  createBuyerOrders,
  createCartStore,
  createDrawStore,
  createOrderStore,
  createPaymentQueue,
  createProviderEvents,
  createQuoteStore,
  createSaleRegister,
  createSigningKeys,
  createSlowSales,
  postgresReadiness,
  workersReadiness,
} from '../persistence/index.ts';
import { calculatorsFrom } from './calculators.ts';
import { lineOf } from './guard/absence.ts';
import { createLog } from './log.ts';
import { openFilesMax, openFilesWarning, socketsWithin } from './open-files.ts';
import { openPublicPlane } from './public-plane.ts';
import { salesReadiness } from './sales-readiness.ts';
import { fail, packageVersion, settingsOrFail } from './start.ts';

/** Composition root of a gateway. */
const settings = settingsOrFail();
const { REDIS_URL, DATABASE_URL, TOKEN_SECRET, HOST, PORT } = settings;
const log = createLog('gateway', settings.LOG_LEVEL);

const filesMax = openFilesMax();
const lowLimit = openFilesWarning(filesMax);
if (lowLimit) log.warn({ filesMax }, lowLimit);

const calculators = await calculatorsFrom(settings).catch((error: Error) => fail([error.message]));
const postgres = postgresReadiness(DATABASE_URL);
const away = await postgres.check();
if (away !== null) fail([`gateway: ${away}`]);
const orderStore = createOrderStore(DATABASE_URL, log);
const quotes = createQuoteStore(DATABASE_URL);
const buyerOrders = createBuyerOrders(DATABASE_URL, settings.RETURN_WINDOW_DAYS);
const carts = createCartStore(DATABASE_URL);
const drawStore = createDrawStore(DATABASE_URL, TOKEN_SECRET, log);
const paymentQueue = createPaymentQueue(REDIS_URL, log);
const providerEvents = createProviderEvents(DATABASE_URL, settings);
const workers = workersReadiness(REDIS_URL);
const signingKeys = createSigningKeys(DATABASE_URL, TOKEN_SECRET, log);
await signingKeys.refresh().catch((error: unknown) => fail([`gateway: Postgres: ${lineOf(error)}`]));
const saleRegister = createSaleRegister(DATABASE_URL);
const slowSales = createSlowSales(DATABASE_URL, log);
const engine = await createEngine({
  redisUrl: REDIS_URL,
  tokenSecret: TOKEN_SECRET,
  orderStore,
  paymentQueue,
  quotes,
  saleRegister,
  calculators,
  signingKeys,
  slowSales,
  at: crashPointOf(process.env, () => process.kill(process.pid, 'SIGKILL')),
}).catch((error: unknown) => fail([`gateway: ${lineOf(error)}`]));

const plane = await openPublicPlane({
  settings,
  engine,
  orderStore,
  buyerOrders,
  carts,
  drawStore,
  providerEvents,
  readiness: {
    ...{ redis: { check: () => engine.unavailable() }, postgres, workers },
    sales: salesReadiness(engine.sales, saleRegister),
  },
  signingKeys,
  socketsMax: socketsWithin(filesMax),
  version: packageVersion(),
  log,
});
if (!plane) fail([`gateway: port ${PORT} on ${HOST} is taken; set PORT to another one`]);

const grace = closeWithGrace({ delay: 2_800, logger: false }, async ({ err }) => {
  if (err) log.error({ err }, 'the gateway stops');
  await plane.close();
  await engine.close();
  const stores = [
    ...[orderStore, quotes, buyerOrders, carts, drawStore, paymentQueue, providerEvents],
    ...[workers, postgres, signingKeys, saleRegister, slowSales],
  ];
  await Promise.all(stores.map((store) => store.close()));
});
process.on('disconnect', grace.close);
log.info({ port: plane.port }, 'the gateway listens');
process.send?.({ kind: 'ready' });
