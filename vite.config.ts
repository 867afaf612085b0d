import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { drawScript } from './src-main/backend/reports/page-assets.ts';
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

/** The window's program is loaded after its words, by an import of its own; its files need not wait for that. */
const startAtOnce: Plugin = {
  name: 'start-at-once',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle = {} }) {
      const start = Object.values(bundle).find((file) => file.type === 'chunk' && file.name === 'app');
      if (start?.type !== 'chunk') return [];
      const link = (rel: string, file: string) => ({
        tag: 'link',
        attrs: { rel, href: `./${file}`, crossorigin: true },
        injectTo: 'head' as const,
      });
      return [
        ...[start.fileName, ...start.imports].map((file) => link('modulepreload', file)),
        ...[...(start.viteMetadata?.importedCss ?? [])].map((file) => link('stylesheet', file)),
      ];
    },
  },
};

const reportScripts = new Map([
  ['report/plotly.js', () => readFileSync(join(project, 'dist', 'report', 'plotly.min.js'), 'utf8')],
  ['report/draw.js', () => drawScript],
]);

/** The scripts of a report as files of the window: in it a report runs no script of its own. */
const scriptsOfReports: Plugin = {
  name: 'scripts-of-reports',
  generateBundle() {
    for (const [fileName, source] of reportScripts) this.emitFile({ type: 'asset', fileName, source: source() });
  },
  configureServer(server) {
    for (const [fileName, source] of reportScripts)
      server.middlewares.use(`/${fileName}`, (_request, response) => {
        response.setHeader('content-type', 'text/javascript');
        response.end(source());
      });
  },
};

export default defineConfig({
  root: join(project, 'src-renderer'),
  // The window loads its files from the app's own scheme: every path is relative to index.html.
  base: './',
  plugins: [react(), policyInPage, startAtOnce, scriptsOfReports],
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
