import { createRoot } from 'react-dom/client';
import { ClientProvider, createClient } from './app/client.ts';
import { BASE_PATH } from './app/navigation.tsx';
import { Shell } from './app/shell.tsx';
import { applyTheme } from './app/theme.ts';
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/layout.css';
import './app/shell.css';

applyTheme();
const client = createClient(BASE_PATH);
client.connection.start();

const page = document.getElementById('page');
if (page === null) throw new TypeError('the page has no #page');
createRoot(page).render(
  <ClientProvider value={client}>
    <Shell />
  </ClientProvider>,
);
