import { type Drill, pick } from '../scene.ts';
import { command, speakTo } from './redis-socket.ts';

const hourMs = 3_600_000;
/** Also jumps that are just too small, and just large enough, to be taken for one. */
const jumpsMs = [hourMs, -hourMs, 24 * hourMs, -24 * hourMs, 4_000, -4_000, 6_000, -6_000];
const setEveryMs = 20;

export const clockJump: Drill = {
  name: 'clock-jump',
  summary: "the clock under the sale's clock jumps, by hours or seconds, forth and back",
  pauseMs: [500, 4_000],
  sellingSecondsMin: 30,
  prepare: async (next) => ({
    /**
     * A sale with `wallMs` takes that for the wall clock (lua/includes/clock.lua): it is set again and again
     * to the time of day plus what the clock is wrong by. Between two settings it stands still for 20 ms.
     */
    async begin({ system, saleId }) {
      const key = `db:{${saleId}}:sale`;
      const redis = await speakTo(system.dataDir);
      redis.resume();
      let wrongByMs = 0;
      const set = () => redis.write(command('HSET', key, 'wallMs', String(Date.now() + wrongByMs)));
      set();
      const setting = setInterval(set, setEveryMs);
      return {
        async strike() {
          const jumpMs = pick(jumpsMs, next) as number;
          wrongByMs += jumpMs;
          set();
          return `${jumpMs > 0 ? '+' : ''}${jumpMs / 1000} s: off by ${wrongByMs / 1000} s`;
        },
        async end() {
          clearInterval(setting);
          await new Promise<void>((said) => {
            redis.end(command('HDEL', key, 'wallMs'), () => said());
          });
        },
      };
    },
  }),
};
