import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { contentPolicy } from './src-main/shell/content-policy.ts';

const project = dirname(fileURLToPath(import.meta.url));

/** The same policy as in the header, for whoever opens the file by another way; the development server needs a looser one. */
const policyInPage: Plugin = {
  name: 'content-policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

export default defineConfig({
  root: join(project, 'src-renderer'),
  // The window loads its files from the app's own scheme: every path is relative to index.html.
  base: './',
  plugins: [react(), policyInPage],
  define: { global: 'globalThis' },
  build: {
    outDir: join(project, 'dist', 'renderer'),
    emptyOutDir: true,
    target: 'chrome130',
    sourcemap: false,
    chunkSizeWarningLimit: 4000,
    // Nothing is fetched at run time, so that splitting serves start-up only; inlining would need a looser policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port: 5173, strictPort: true },
});
