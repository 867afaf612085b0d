import './register.ts';

/** The packed app's command, run by a plain Node: app.asar.unpacked/dist/archive/coto.mjs. */
await import(new URL('../cli/coto.mjs', import.meta.url).href.replace('app.asar.unpacked', 'app.asar'));
