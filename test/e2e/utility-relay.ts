import { app, utilityProcess } from 'electron';
import { utilityProcessChannel } from '../../src-main/shell/utility-channel.ts';
import { parentProcessChannel } from '../../src-main/transport/child-process.ts';

/** Main process of a bare Electron: passes every message on between the test and the echo service in a utility process. */
void app.whenReady().then(() => {
  const service = process.env['COTO_TEST_SERVICE'];
  if (!service) throw new Error('COTO_TEST_SERVICE names no service');
  const test = parentProcessChannel();
  const echo = utilityProcessChannel(utilityProcess.fork(service));
  test.on((message) => {
    try {
      echo.post(message);
    } catch (error) {
      console.error(error);
    }
  });
  echo.on((message) => test.post(message));
  echo.onClose(() => app.exit(0));
  test.onClose(() => app.exit(0));
});
