import { problemInWords } from '../connection/problem-error.ts';
import type { Filter } from './address.ts';
import type { InspectContext, InspectPhase } from './inspect-machine.ts';

/** What the page says of itself. */
export interface Words {
  readonly tone: 'info' | 'warning' | 'problem' | 'good';
  readonly text: string;
  /** What the button says that sends `again`; undefined for none. */
  readonly again?: string;
  /** Whether our own visualizer is offered. */
  readonly offline?: true;
}

/** Where somebody may be shown something. */
const FRAMED = new Set<InspectPhase>(['lost', 'waiting', 'asking', 'viewing', 'ended']);
export const isFramed = (phase: InspectPhase): boolean => FRAMED.has(phase);

export function wordsOf(phase: InspectPhase, context: InspectContext): Words {
  const { problem, reason, filter } = context;
  switch (phase) {
    case 'connecting':
      return { tone: 'info', text: 'Connecting to the server.' };
    case 'asking_token':
      return problem === null
        ? { tone: 'info', text: 'This server asks for a token.' }
        : { tone: 'problem', text: problemInWords(problem) };
    case 'forbidden':
      return {
        tone: 'problem',
        text: 'This token is a viewer’s. The inspector is for operators.',
        again: 'Use another token',
      };
    case 'lost':
      return {
        tone: 'warning',
        text: `Without the server for the moment; it is tried again. ${problem === null ? '' : problemInWords(problem)}`,
      };
    case 'waiting':
      return { tone: 'info', text: 'Waiting for Stately’s inspector to load.' };
    case 'not_loaded':
      return {
        tone: 'warning',
        text: 'Stately’s inspector at https://stately.ai has not answered: it needs the internet. Our own visualizer works offline.',
        again: 'Try again',
        offline: true,
      };
    case 'asking':
      return { tone: 'info', text: 'Asking the server what there is.' };
    case 'viewing':
      return { tone: 'good', text: `Live: ${shownBy(filter)}.` };
    case 'ended':
      return { tone: 'warning', text: `The view has ended: ${reason}.`, again: 'View again' };
    case 'refused':
      return {
        tone: 'problem',
        text: problem === null ? 'The server has refused.' : problemInWords(problem),
        again: 'Try again',
      };
  }
}

function shownBy({ operation, key }: Filter): string {
  const parts = [
    operation === '' ? 'all operations' : `operation ${operation}`,
    key === '' ? [] : `of breaker ${key}`,
  ];
  return parts.flat().join(' ');
}
