// Scripted Home Assistant for the dashboard: 200 hosts and 3,000 entities, without a server.

const HOSTS = 200;
const THINGS = 100;
const READINGS_OF_A_HOST = {
  power_state: ["on", {}],
  cpu_percent: [23, { unit_of_measurement: "%", state_class: "measurement" }],
  memory_percent: [64, { unit_of_measurement: "%", state_class: "measurement" }],
  disk_percent: [41, { unit_of_measurement: "%", state_class: "measurement" }],
  disk_percent_data: [55, { unit_of_measurement: "%", state_class: "measurement" }],
  cpu_temperature: [47, { unit_of_measurement: "°C", state_class: "measurement", device_class: "temperature" }],
  boot_time: ["2026-10-19T15:02:00+00:00", { device_class: "timestamp" }],
  swap_percent: [2, { unit_of_measurement: "%" }],
  load_1m: [0.4, {}],
  network_down: [1.2, { unit_of_measurement: "MB/s" }],
};
const READINGS_OF_A_THING = 10;
const AREAS = 20;
const now = () => new Date().toISOString();

const states = {};
const entities = {};
const devices = {};
const areas = {};
const inventory = { hosts: [], things: [], bridge: { hosts_online: "sensor.hosts_online" } };

const addEntity = (entityId, deviceId, platform, name, state, attributes) => {
  states[entityId] = { entity_id: entityId, state: `${state}`, attributes, last_changed: now(), last_updated: now() };
  entities[entityId] = { entity_id: entityId, platform, device_id: deviceId, name, hidden: false, labels: [] };
  return `registry ${entityId}`;
};

for (let index = 0; index < AREAS; index += 1) areas[`area${index}`] = { area_id: `area${index}`, name: `Area ${index}` };

for (let index = 0; index < HOSTS; index += 1) {
  const id = `host${index}`;
  devices[id] = { id, name: `host-${index}`, area_id: `area${index % AREAS}`, sw_version: "Debian 13" };
  const rows = Object.entries(READINGS_OF_A_HOST).map(([key, [state, attributes]]) => {
    const entityId = `sensor.${id}_${key}`;
    const platform = key === "power_state" ? "iotbridge" : "mqtt";
    const value = key === "power_state" && index % 40 === 7 ? "lost" : state;
    return [addEntity(entityId, id, platform, key.replaceAll("_", " "), value, attributes), entityId, key];
  });
  inventory.hosts.push({ device_id: id, entities: rows, commands: ["reboot", "shutdown", "status"] });
}
for (let index = 0; index < THINGS; index += 1) {
  const id = `thing${index}`;
  devices[id] = { id, name: `Thing ${index}`, area_id: `area${index % AREAS}` };
  const rows = Array.from({ length: READINGS_OF_A_THING }, (_, number) => {
    const entityId = `sensor.${id}_${number}`;
    return [addEntity(entityId, id, "mqtt", `Reading ${number}`, 20 + number, { unit_of_measurement: "°C", state_class: "measurement" }), entityId, `sensor_${number}`];
  });
  inventory.things.push({ device_id: id, entities: rows });
}

const ANSWERS = {
  "iotbridge/dashboard/subscribe": (send) => {
    send({ inventory });
    send({ seen: Object.fromEntries(inventory.hosts.map(({ device_id: id }) => [id, Date.now() / 1000])), broker: true });
  },
  "iotbridge/alarms/open": (send) => send({ alarms: [], removed: [], total: 0, maintenance: [] }),
  "frontend/subscribe_user_data": (send) => send({ value: null }),
};
const connection = {
  addEventListener() {},
  removeEventListener() {},
  subscribeMessage: async (send, { type }) => {
    ANSWERS[type](send);
    return async () => {};
  },
  sendMessagePromise: async () => ({}),
};

let hass = {
  states, entities, devices, areas, connection,
  connected: true,
  language: "en",
  locale: { language: "en", number_format: "language", time_format: "language", time_zone: "local" },
  config: { components: [], time_zone: "UTC" },
  user: { is_admin: true, id: "user" },
  panels: {},
  callWS: async () => ({}),
  callService: async () => ({}),
  formatEntityState: ({ state }, other) => other ?? state,
  formatEntityStateToParts: ({ state, attributes: { unit_of_measurement: unit } }) => [
    { type: "value", value: state },
    ...(unit ? [{ type: "literal", value: " " }, { type: "unit", value: unit }] : []),
  ],
};

const changing = Object.keys(states).filter((id) => /percent|temperature|thing/.test(id));
let next = 0;

/** Change the states of `count` entities, and give the new object to the elements as Home Assistant does. */
const change = (count, elements) => {
  const changed = { ...hass.states };
  for (let index = 0; index < count; index += 1) {
    const id = changing[next % changing.length];
    next += 1;
    const old = changed[id];
    changed[id] = { ...old, state: `${(Number(old.state) + 7.3) % 100}`.slice(0, 5), last_changed: now(), last_updated: now() };
  }
  hass = { ...hass, states: changed };
  for (const element of elements) element.hass = hass;
};

/** Put a card into the page; return the milliseconds until its first row is there. */
const show = async (tag, module, load) => {
  const begin = performance.now();
  await Promise.all([load(`${module}.js`), load("texts.js").then(({ loadTexts }) => loadTexts(hass))]);
  const implementation = (await load(`${module}.js`)).default;
  if (!customElements.get(tag)) customElements.define(tag, implementation);
  const element = document.createElement(tag);
  Object.assign(element, { hass, config: {} });
  document.body.append(element);
  while (!element.shadowRoot.querySelector("tbody tr:not(.space)")) await new Promise(requestAnimationFrame);
  return { element, ms: performance.now() - begin };
};

/** Send `perSecond` changes for `seconds`; return the longest tasks and the frames. */
const flood = async (elements, { perSecond, seconds }) => {
  const tasks = [];
  const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: "longtask" });
  const end = performance.now() + seconds * 1000;
  let [sent, frames] = [0, 0];
  const begin = performance.now();
  let rows = 0;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    frames += 1;
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond) - sent;
    change(due, elements);
    sent += due;
    rows = Math.max(rows, ...elements.map(rowsOf));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  observer.disconnect();
  return { sent, frames, rows, longest: Math.round(Math.max(0, ...tasks)), count: tasks.length };
};

const rowsOf = (element) => element.shadowRoot.querySelectorAll("tbody tr:not(.space)").length;

/** Build the dashboard and a view of each kind; return the milliseconds of the first of `rounds`, and their medians. */
const build = async (load, rounds = 20) => {
  const { dashboard, viewOf } = await load("strategy.js");
  const { read } = await load("stores.js");
  const { signature } = await load("iotbridge.js");
  await (await load("texts.js")).loadTexts(hass);
  const known = read(inventory);
  const pages = ["now", "things", "map", "readings", "history"].map((name) => ({ page: name, base: "/iot-bridge" }));
  pages.push({ page: "host", id: "host7", base: "/iot-bridge" }, { page: "area", id: "area3", base: "/iot-bridge" });
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const begin = performance.now();
    dashboard({}, hass, known, "/iot-bridge");
    const whole = performance.now() - begin;
    const views = pages.map((config) => {
      const start = performance.now();
      viewOf(config, hass, known);
      return performance.now() - start;
    });
    hass = { ...hass, entities: { ...hass.entities } };
    const start = performance.now();
    signature(hass);
    times.push({ dashboard: whole, view: Math.max(...views), signature: performance.now() - start });
  }
  const median = (key) => times.map((time) => time[key]).sort((a, b) => a - b)[Math.floor(rounds / 2)];
  return { first: times[0].dashboard + times[0].view, view: median("view"), signature: median("signature") };
};

Object.assign(window, { build, change, flood, rowsOf, show, hassNow: () => hass });
