/** What happens, live and from where a reader was: a feed, an operation's own stream, and the operators. */
import { createRecovery, forState } from 'xstate-recovery';

const recovery = await createRecovery({ initialDelay: 10 });
let calls = 0;
const pull = recovery.operation('pull', async (name: string) => {
  calls += 1;
  if (calls === 1) throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  return `/models/${name}`;
});

// Live, from now on.
recovery.transitions$
  .pipe(forState('recovering'))
  .subscribe(({ reason }) => console.log(`live: ${reason?.message}`));

const handle = await pull.start('portrait', { id: 'portrait-1' });
// One operation, from its first transition to its end.
handle.transitions$.subscribe({
  next: ({ seq, to }) => console.log(`${seq}: ${to}`),
  complete: () => console.log('over'),
});
await handle.result();

// Everything after a position, at the reader's own pace; 0 is the beginning.
const seen: number[] = [];
for await (const item of recovery.feed({ since: 2 })) {
  if (item.kind === 'transitions') seen.push(...item.transitions.map(({ position }) => position));
  if (item.kind !== 'transitions' || item.live) break;
}
console.log(`after 2: ${seen.join(' ')}`);
await recovery.close();
