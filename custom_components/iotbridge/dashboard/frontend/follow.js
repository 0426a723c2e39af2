// Subscriptions that outlive a restart of Home Assistant.
const RETRY_MS = 5000;

/**
 * Subscribe now, whenever the connection is back, and every 5 s while that fails: Home Assistant connects pages before
 * it has set up IoT Bridge. `receive(event, isFirst)` is told which event is the first one; returns the end of it all.
 */
export const follow = (connection, message, receive, failed) => {
  let current = 0;
  let timer;
  let stop;
  const subscribe = async () => {
    clearTimeout(timer);
    stop = null;
    const mine = ++current;
    let isFirst = true;
    const forward = (event) => {
      if (mine !== current) return;
      receive(event, isFirst);
      isFirst = false;
    };
    try {
      const end = await connection.subscribeMessage(forward, message, { resubscribe: false });
      if (mine === current) stop = end;
      else await end();
    } catch (error) {
      if (mine !== current) return;
      timer = setTimeout(subscribe, RETRY_MS);
      failed(error);
    }
  };
  connection.addEventListener("ready", subscribe);
  subscribe();
  return () => {
    current = NaN;
    clearTimeout(timer);
    connection.removeEventListener("ready", subscribe);
    stop?.().catch(() => {});
  };
};
