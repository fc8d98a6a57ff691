import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev:visualizer` finds a server: `SERVER=http://127.0.0.1:3000`. */
const server = process.env.SERVER ?? 'http://127.0.0.1:3000';

/** The page is served at any base path, so every address in it is relative; the server tells it the base. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  resolve: {
    alias: {
      // Charts are laid out off the main thread; the bundle that is meant for it stays for tests.
      'elkjs/lib/elk.bundled.js': `${import.meta.dirname}/views/charts/elk-in-worker.ts`,
    },
  },
  build: {
    outDir: '../dist/visualizer',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2023',
    // What is inlined as a data: address would be against the page's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'inspect.html'] },
  },
  server: {
    proxy: {
      '/api': server,
      '/health': server,
      '/socket.io': { target: server, ws: true },
    },
  },
});
