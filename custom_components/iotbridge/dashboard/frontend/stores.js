// Data that the cards of a page share.

const RETRY_MS = 5000;
const USER_DATA = "iotbridge";

/** Subscribe now, when the connection is back, and again while that fails: IoT Bridge may not be set up yet. */
export const follow = (connection, message, receive, failed = () => {}) => {
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

/**
 * `value` is null until the server has answered; `seen` has the times in s at which hosts were heard; `error` is set
 * where IoT Bridge does not run.
 */
class Inventory extends EventTarget {
  value = null;
  seen = {};
  broker = true;
  error = null;

  constructor(connection) {
    super();
    this.ready = new Promise((resolve) => this.addEventListener("change", resolve, { once: true }));
    follow(connection, { type: "iotbridge/dashboard/subscribe" }, (message) => this.receive(message), (error) => this.receive({ error }));
  }

  receive({ inventory, seen, broker = this.broker, error = null }) {
    if (inventory) this.value = read(inventory);
    Object.assign(this.seen, seen);
    Object.assign(this, { broker, error });
    this.dispatchEvent(new Event("change"));
  }
}

const onceFor = (create) => {
  const made = new WeakMap();
  return ({ connection }) => {
    if (!made.has(connection)) made.set(connection, create(connection));
    return made.get(connection);
  };
};

export const inventoryOf = onceFor((connection) => new Inventory(connection));

export const loadInventory = async (hass) => {
  const inventory = inventoryOf(hass);
  if (!inventory.value) await inventory.ready;
  return inventory.value;
};

/** Return the server's lists with the entities of each device by key, and their registry ids by entity. */
export const read = ({ hosts, things, bridge, administrators }) => {
  const device = ({ device_id: id, entities, commands = [], can_control: canControl, is_restricted: isRestricted }) => ({
    id,
    commands,
    canControl,
    /** Who may send its other commands; null where the user may send all. */
    whoCan: isRestricted ? administrators : null,
    entities: Object.fromEntries(entities.map(([, entityId, key]) => [key, entityId])),
    ids: Object.fromEntries(entities.map(([registryId, entityId]) => [entityId, registryId])),
  });
  return { hosts: hosts.map(device), things: things.map(device), bridge };
};

/** Hosts and readings that a user has hidden, kept at the account by ids that survive renaming. */
class Hidden extends EventTarget {
  #data = {};
  #sets = {};

  constructor(connection) {
    super();
    this.connection = connection;
    const receive = ({ value }) => {
      this.#data = value ?? {};
      this.#sets = {};
      this.dispatchEvent(new Event("change"));
    };
    follow(connection, { type: "frontend/subscribe_user_data", key: USER_DATA }, receive);
  }

  /** Return the hidden ids of a list: `hidden_hosts` (devices) or `hidden_readings` (entries of the registry). */
  ids(list) {
    return (this.#sets[list] ??= new Set(this.#data[list]));
  }

  async set(list, id, isHidden) {
    const ids = new Set(this.ids(list));
    ids[isHidden ? "add" : "delete"](id);
    const value = { ...this.#data, [list]: [...ids] };
    await this.connection.sendMessagePromise({ type: "frontend/set_user_data", key: USER_DATA, value });
  }
}

export const hiddenOf = onceFor((connection) => new Hidden(connection));

/** Return the changes of each entity, oldest first: `[[time in ms, state], …]`. */
export const fetchHistory = async (hass, entityIds, start) => {
  if (!entityIds.length || !hass.config.components.includes("history")) return {};
  const answer = await hass.callWS({
    type: "history/history_during_period",
    start_time: new Date(start).toISOString(),
    entity_ids: entityIds,
    minimal_response: true,
    no_attributes: true,
    significant_changes_only: false,
  });
  const changes = (states) => states.map(({ s, lc, lu }) => [(lc ?? lu) * 1000, s]);
  return Object.fromEntries(Object.entries(answer).map(([id, states]) => [id, changes(states)]));
};

export const recall = (name, fallback) => {
  try {
    return { ...fallback, ...JSON.parse(localStorage.getItem(`iotbridge-${name}`)) };
  } catch {
    return fallback;
  }
};

export const remember = (name, value) => {
  try {
    localStorage.setItem(`iotbridge-${name}`, JSON.stringify(value));
  } catch {
    // It is forgotten with the page.
  }
};
