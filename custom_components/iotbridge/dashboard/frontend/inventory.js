// Hosts and things with the roles of their entities: one subscription for each connection, shared by all cards.
import { follow } from "./follow.js";

const stores = new WeakMap();

/**
 * `value` is null until the server has answered; `seen` has the time at which each host was last heard from, in seconds
 * since 1970; `error` is set where IoT Bridge does not run.
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

/** Return the inventory of the connection; the first caller subscribes. */
export const inventoryOf = ({ connection }) => {
  if (!stores.has(connection)) stores.set(connection, new Inventory(connection));
  return stores.get(connection);
};

/** Return hosts and things once the server has answered; null while IoT Bridge does not run. */
export const loadInventory = async (hass) => {
  const inventory = inventoryOf(hass);
  if (!inventory.value) await inventory.ready;
  return inventory.value;
};

/** Return the server's lists with the entities of each device by key, and their registry ids by entity. */
export const read = ({ hosts, things, bridge }) => {
  const device = ({ device_id: id, entities, commands = [] }) => ({
    id,
    commands,
    entities: Object.fromEntries(entities.map(([, entityId, key]) => [key, entityId])),
    ids: Object.fromEntries(entities.map(([registryId, entityId]) => [entityId, registryId])),
  });
  return { hosts: hosts.map(device), things: things.map(device), bridge };
};
