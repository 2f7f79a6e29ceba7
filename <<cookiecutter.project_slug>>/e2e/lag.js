// What a page sends goes off later: as on a slow network, or all at once at the end.
globalThis.lag = { least: 0, held: null };
{
  const { send } = WebSocket.prototype;
  let due = 0;
  WebSocket.prototype.send = function (data) {
    const go = () => this.readyState === WebSocket.OPEN && send.call(this, data);
    if (lag.held) lag.held.push(go);
    else {
      due = Math.max(due, performance.now() + lag.least);
      setTimeout(go, due - performance.now());
    }
  };
}
