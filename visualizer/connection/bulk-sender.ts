import { fromCallback } from 'xstate';
import type { BulkAnswer, BulkEvent, BulkOrder } from './bulk-machine.ts';
import type { Http } from './http.ts';
import { problemOf } from './problem-error.ts';

/** Commands that are under way at once. */
const AT_ONCE = 4;
/** Milliseconds between two reports. */
const REPORT = 200;

/** Sends one order to many operations, a few at a time, and reports what has been answered. */
export const bulkSender = (http: Pick<Http, 'command'>) =>
  fromCallback<{ readonly type: 'stop' }, BulkOrder>(({ sendBack, receive, input }) => {
    const { action, ids, reason } = input;
    const tell = (event: BulkEvent) => sendBack(event);
    let answers: BulkAnswer[] = [];
    let at = 0;
    let isStopped = false;
    const report = () => {
      if (answers.length === 0) return;
      tell({ type: 'answered', answers });
      answers = [];
    };
    const timer = setInterval(report, REPORT);
    const body = action === 'cancel' && reason !== '' ? { reason } : undefined;

    const lane = async () => {
      while (!isStopped && at < ids.length) {
        const id = ids[at] ?? '';
        at += 1;
        try {
          const { changed } = await http.command(id, action, body);
          answers.push({ id, changed, problem: null });
        } catch (error) {
          answers.push({ id, changed: false, problem: problemOf(error) });
        }
      }
    };

    receive(() => {
      isStopped = true;
    });
    void Promise.all(Array.from({ length: AT_ONCE }, lane)).then(() => {
      report();
      tell({ type: 'over' });
    });
    return () => {
      isStopped = true;
      clearInterval(timer);
    };
  });
