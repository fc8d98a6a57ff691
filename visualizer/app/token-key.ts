/** Where a tab keeps its token: for the page and the inspector's page alike, so that one is asked for once. */
export const TOKEN_KEY = 'xstate-recovery.token';
