/** Loaded before the process of `coto doctor --gpu` that computes: steps end the process, as a driver that crashes. */
const { write } = process.stdout;
Reflect.set(process.stdout, 'write', (text: unknown, ...rest: unknown[]) => {
  if (String(text).includes('"processorMilliseconds"')) process.kill(process.pid, 'SIGABRT');
  return Reflect.apply(write, process.stdout, [text, ...rest]);
});
