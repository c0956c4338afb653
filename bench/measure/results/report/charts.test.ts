import { expect, test } from 'vitest';
import { Scoreboard } from '../../scoreboard.ts';
import type { Result } from '../result.ts';
import { chartsOf } from './charts.ts';

test('every side is drawn, also where several stand against others under one unit, and each once', () => {
  const board = new Scoreboard();
  const unit = 'Redis commands/s';
  const names = { scenario: 'watch', unit };
  board.compare({ ...names, subject: '15000 watchers', opponent: '1000 watchers' }, [1, 2], [3, 4]);
  board.compare({ ...names, subject: '1000000 entrants', opponent: '100000 entrants' }, [5, 6], [7, 8]);
  board.compare({ ...names, subject: '15000 watchers', opponent: 'nobody' }, [1, 2], [9, 9]);
  const result = { rounds: board.rounds, latencies: [] } as unknown as Result;
  expect(chartsOf(result)).toMatchObject([
    {
      names: ['15000 watchers', '1000 watchers', '1000000 entrants', '100000 entrants', 'nobody'],
      columns: [
        [1, 2],
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
        [9, 9],
      ],
    },
  ]);
});
