import { notifications } from '@mantine/notifications';
import { asError, StudioError } from '../../../src-shared/contract/errors.ts';

/** A failure that nothing on the screen caused, or whose cause is already gone: red, stays until it is closed. */
export function notifyFailure(thrown: unknown, title = 'Something went wrong'): void {
  const error = asError(thrown);
  const hint = error instanceof StudioError ? error.hint : null;
  notifications.show({
    color: 'red',
    title,
    message: hint ? `${error.message} ${hint}` : error.message,
    autoClose: false,
    withBorder: true,
  });
}

export function notifySuccess(title: string, message = ''): void {
  notifications.show({ color: 'indigo', title, message, autoClose: 5000, withBorder: true });
}

export function notifyWarning(title: string, message = ''): void {
  notifications.show({ color: 'yellow', title, message, autoClose: 10_000, withBorder: true });
}
