import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import type { Filter } from './address.ts';
import { type inspectMachine, phaseOf } from './inspect-machine.ts';
import { isFramed, wordsOf } from './words.ts';

/** The element of the page with an id. */
export function part<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no #${id}`);
  return element;
}

const status = part('status', HTMLElement);
const notice = part('notice', HTMLElement);
const offline = part('offline', HTMLElement);
const again = part('again', HTMLButtonElement);
const gate = part('gate', HTMLFormElement);
const token = part('token', HTMLInputElement);
const place = part('frame', HTMLElement);
const form = part('filter', HTMLFormElement);
const operation = part('operation', HTMLInputElement);
const key = part('key', HTMLInputElement);

/** Shows how the machine is, and tells it what somebody does. */
export function attend(
  actor: ActorRefFrom<typeof inspectMachine>,
  chosen: (filter: Filter) => void,
): void {
  again.addEventListener('click', () => actor.send({ type: 'again' }));
  gate.addEventListener('submit', event => {
    event.preventDefault();
    const entered = token.value.trim();
    token.value = '';
    if (entered !== '') actor.send({ type: 'token', token: entered });
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    chosen({ operation: operation.value.trim(), key: key.value.trim() });
  });
  actor.subscribe(draw);
}

/** Puts a filter into the form. */
export function fill(filter: Filter): void {
  operation.value = filter.operation;
  key.value = filter.key;
}

function draw({ value, context }: SnapshotFrom<typeof inspectMachine>): void {
  const phase = phaseOf(value);
  const words = wordsOf(phase, context);
  notice.dataset.tone = words.tone;
  document.body.dataset.phase = phase;
  // Unchanged words are not said again by a screen reader.
  if (status.textContent !== words.text) status.textContent = words.text;
  again.textContent = words.again ?? '';
  again.hidden = words.again === undefined;
  offline.hidden = words.offline === undefined;
  place.hidden = !isFramed(phase);
  const asks = phase === 'asking_token';
  if (asks && gate.hidden) {
    gate.hidden = false;
    token.focus();
  }
  gate.hidden = !asks;
}
