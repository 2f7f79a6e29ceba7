/** Calls back as soon as a dialog is closed, which is taken away. Its own event comes later: what was typed until then would be lost. */
export function whenClosed(dialog: HTMLDialogElement, closed: () => void): void {
  const close = dialog.close.bind(dialog);
  const end = (): void => {
    if (!dialog.isConnected) return;
    dialog.remove();
    closed();
  };
  dialog.close = (value) => {
    close(value);
    end();
  };
  dialog.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  // Where the browser itself has closed it.
  dialog.addEventListener("close", end);
}
