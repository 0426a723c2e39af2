// Subscriptions that outlive a restart of Home Assistant.
const RETRY_MS = 5000;

/** Subscribe now, when the connection is back, and again while that fails: pages connect before IoT Bridge is set up. */
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
