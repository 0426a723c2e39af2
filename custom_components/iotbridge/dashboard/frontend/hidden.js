// Hosts and readings that a user has hidden: kept at the user's account, by ids that survive renaming.

const KEY = "iotbridge";
const stores = new WeakMap();

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
    connection.subscribeMessage(receive, { type: "frontend/subscribe_user_data", key: KEY }).catch(() => stores.delete(connection));
  }

  /** Return the hidden ids of a list: `hidden_hosts` (devices) or `hidden_readings` (entries of the registry). */
  ids(list) {
    return (this.#sets[list] ??= new Set(this.#data[list]));
  }

  async set(list, id, isHidden) {
    const ids = new Set(this.ids(list));
    ids[isHidden ? "add" : "delete"](id);
    const value = { ...this.#data, [list]: [...ids] };
    await this.connection.sendMessagePromise({ type: "frontend/set_user_data", key: KEY, value });
  }
}

export const hiddenOf = ({ connection }) => {
  if (!stores.has(connection)) stores.set(connection, new Hidden(connection));
  return stores.get(connection);
};

/** Return values that are remembered on this device; `fallback` where there are none. */
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
