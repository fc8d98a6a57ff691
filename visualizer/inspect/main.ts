import { createActor, fromPromise } from 'xstate';
import { basePathOf } from '../app/locations.ts';
import { applyTheme } from '../app/theme.ts';
import { TOKEN_KEY } from '../app/token-key.ts';
import { Http } from '../connection/http.ts';
import { type Filter, fragmentOf, saidBy } from './address.ts';
import { Frame } from './frame.ts';
import { inspectMachine } from './inspect-machine.ts';
import { linkLogic } from './link.ts';
import { attend, fill, part } from './page.ts';
import '../design/tokens.css';
import '../design/base.css';
import '../design/controls.css';
import '../design/layout.css';
import './inspect.css';

applyTheme();
const base = basePathOf(document.querySelector('meta[name="base-path"]')?.getAttribute('content'));
const { token, filter } = take();
let secret = token ?? sessionStorage.getItem(TOKEN_KEY);
const frame = new Frame(part('frame', HTMLElement));
const http = new Http({ base, token: () => secret, onUnauthorised: () => {} });
const actor = createActor(
  inspectMachine.provide({
    actors: {
      session: fromPromise(({ signal }) => http.session(signal)),
      link: linkLogic(base, frame.show),
      frame: frame.logic,
    },
    actions: {
      keepToken: (_, params) => keep(params.token),
    },
  }),
  { input: { token: secret, filter } },
);
if (token !== null) keep(token);
fill(filter);
attend(actor, chosen => {
  history.replaceState(null, '', addressWith(chosen));
  actor.send({ type: 'filter', filter: chosen });
});
addEventListener('hashchange', () => {
  const said = take();
  fill(said.filter);
  actor.send({ type: 'filter', filter: said.filter });
  if (said.token !== null) actor.send({ type: 'token', token: said.token });
});
actor.start();

/** What the address says; a token does not stay there. */
function take() {
  const said = saidBy(location.hash);
  if (said.token !== null) history.replaceState(null, '', addressWith(said.filter));
  return said;
}

function keep(entered: string): void {
  secret = entered;
  sessionStorage.setItem(TOKEN_KEY, entered);
}

function addressWith(filter: Filter): string {
  return `${location.pathname}${location.search}${fragmentOf(filter)}`;
}
