/** Switches of Chromium by which whoever starts the packed app would drive its window or open it to the network. */
export const refusedSwitches = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'remote-debugging-address',
  'remote-allow-origins',
  'auto-open-devtools-for-tabs',
  'disable-web-security',
  'allow-file-access-from-files',
  'load-extension',
  'disable-extensions-except',
  'js-flags',
  'renderer-cmd-prefix',
  'utility-cmd-prefix',
  'proxy-server',
  'proxy-pac-url',
  'host-rules',
  'host-resolver-rules',
  'log-net-log',
] as const;

interface CommandLine {
  hasSwitch(name: string): boolean;
  removeSwitch(name: string): void;
}

/** Takes them away; answers those that were given. Must run before the app is ready, when Chromium reads them. */
export function refuseSwitches(commandLine: CommandLine): string[] {
  const given = refusedSwitches.filter((name) => commandLine.hasSwitch(name));
  for (const name of given) commandLine.removeSwitch(name);
  return given;
}
