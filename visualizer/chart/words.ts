/** What stands beside an arrow: `attempt done [mayRetry]`, in the words of the Mermaid diagrams. */
export const labelOf = (event: string, guard: string | null): string =>
  guard === null ? eventWords(event) : `${eventWords(event)} [${guard}]`;

export const eventWords = (event: string): string =>
  event === ''
    ? 'always'
    : event
        .replace(/^xstate\.done\.actor\.(.*)$/, '$1 done')
        .replace(/^xstate\.error\.actor\.(.*)$/, '$1 error')
        .replace(/^xstate\.done\.state$/, 'done');
