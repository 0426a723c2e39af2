// Views of alarms, hosts and things, made of the cards of Home Assistant and of ours.
import { devicePath } from "./dom.js";
import { CUSTOM_ICON, POWER_ICONS, actionOf, isStopping, question, refusal } from "./fleet-menu.js";
import { AWAKE, areaOf, compareNames, deviceName, hostIcon, isOfReadings } from "./hosts.js";
import { t } from "./texts.js";

const NOT_READINGS = new Set(["config", "diagnostic"]);
/** What one wants to know of a device, first things first. */
const TELLING = [
  "moisture", "smoke", "gas", "co2", "carbon_dioxide", "pm25", "temperature", "humidity", "power", "water", "energy", "opening", "door",
  "window", "motion", "occupancy", "illuminance", "distance", "speed", "wind_speed", "precipitation", "pressure", "voltage",
];
const LAST = new Set(["battery", "signal_strength", "timestamp", "duration"]);

/** Return a text without the signs of markdown and templates. */
const plain = (text) => text.replace(/[^\p{L}\p{N} .,:/-]/gu, " ");

export const header = (text) => ({
  layout: "responsive",
  badges_position: "bottom",
  badges_wrap: "scroll",
  card: { type: "markdown", text_only: true, content: `# ${text}` },
});

export const heading = (icon, text, badges = [], options = {}) => ({ type: "heading", heading: text, icon: `mdi:${icon}`, badges, ...options });

/** Return a section; a card takes its whole width unless it says otherwise. */
export const section = (span, cards) => ({
  type: "grid",
  column_span: span,
  cards: cards.map((card) => (card.type === "heading" ? card : { grid_options: { columns: "full" }, ...card })),
});

const navigateTo = (path) => ({ action: "navigate", navigation_path: path });

const areaHeading = (hass, areaId, base) => {
  const { name, icon, temperature_entity_id: sensor } = hass.areas[areaId] ?? {};
  const badges = hass.states[sensor] ? [{ type: "entity", entity: sensor }] : [];
  const options = { tap_action: navigateTo(`${base}/area-${areaId ?? "none"}`), icon: icon ?? "mdi:home-outline" };
  return heading("", name ?? t(hass, "readings.no_area"), badges, options);
};

const isReading = (hass, entityId) => {
  const entity = hass.entities[entityId];
  return entity && isOfReadings(entityId) && !entity.hidden && !NOT_READINGS.has(entity.entity_category);
};

const readingsOfDevice = (hass, device) =>
  Object.values(device.entities)
    .filter((id) => isReading(hass, id))
    .map((id) => [rank(hass, id), id])
    .sort(([a, first], [b, second]) => a - b || first.localeCompare(second))
    .map(([, id]) => id);

const rank = (hass, id) => {
  const { device_class: kind, unit_of_measurement: unit } = hass.states[id]?.attributes ?? {};
  if (LAST.has(kind)) return 1000;
  const index = TELLING.indexOf(kind);
  return index >= 0 ? index : unit ? 100 : 200;
};

const isShare = (hass, id) => hass.states[id]?.attributes.unit_of_measurement === "%";
const isMeasured = (hass, id) => hass.states[id]?.attributes.state_class === "measurement";

export const tile = (hass, entity, { columns = 6, name = { type: "entity" }, ...options } = {}) => ({
  type: "tile",
  entity,
  name,
  grid_options: { columns },
  ...(isShare(hass, entity) ? { features: [{ type: "bar-gauge" }] } : {}),
  ...options,
});

const deviceTile = (hass, device) => {
  const [entity] = readingsOfDevice(hass, device);
  return entity ? tile(hass, entity, { name: { type: "device" } }) : null;
};

const MAX_AREAS = 12;
const MAX_TILES = 4;
const SEVERITIES = ["critical", "warning", "info"];

const alarmList = (show, options = {}) => ({ type: "custom:iotbridge-alarm-list", show, heading: true, ...options });

export const nowPage = (context) => {
  const { hosts, things } = context.inventory;
  return hosts.length + things.length ? fullPage(context) : freshPage(context);
};

const fullPage = ({ hass, inventory, base }) => {
  const { hosts, things, bridge } = inventory;
  const online = bridge.hosts_online ? [{ type: "entity", entity: bridge.hosts_online, icon: "mdi:check-circle", visibility: whileConnected(bridge) }] : [];
  const fleet = [heading("server", t(hass, "fleet.title"), online), { type: "custom:iotbridge-fleet-table", host_path: `${base}/host-{id}` }];
  return {
    header: header(homeTitle(hass, bridge)),
    badges: homeBadges(hass, bridge),
    sections: [
      section(2, [alarmList("needs_you", { history_path: `${base}/history` })]),
      section(1, ["silent", "maintenance", "snoozed"].map((show) => alarmList(show))),
      ...(hosts.length ? [section(3, fleet)] : []),
      ...byArea(hass, things).slice(0, MAX_AREAS).map(([areaId, members]) => ({
        type: "grid",
        cards: [areaHeading(hass, areaId, base), ...members.map((thing) => deviceTile(hass, thing)).filter(Boolean).slice(0, MAX_TILES)],
      })),
    ],
  };
};

const byArea = (hass, things) => {
  const name = (id) => hass.areas[id]?.name ?? "";
  return [...Map.groupBy(things, (thing) => areaOf(hass, thing))].sort(([a], [b]) => !a - !b || compareNames(name(a), name(b)));
};

const homeTitle = (hass, bridge) => {
  const total = bridge.alarms_unacknowledged ?? SEVERITIES.map((severity) => bridge[`alarms_unacknowledged_${severity}`]);
  const count = (ids) => [ids].flat().filter(Boolean).map((id) => `states('${id}') | int(0)`).join(" + ") || 0;
  const text = (key) => t(hass, `board.${key}`);
  const away = bridge.broker_connected ? `{% elif is_state('${bridge.broker_connected}', 'off') %}${text("broker_title")}` : "";
  return [
    `{% set alarms = ${count(total)} %}{% set lost = ${count(bridge.hosts_lost)} %}`,
    `{% if alarms == 1 %}${text("needs.one")}{% elif alarms == 2 %}${text("needs.two")}{% elif alarms %}{{ alarms }} ${text("needs.many")}${away}`,
    `{% elif lost == 1 %}${text("lost.one")}{% elif lost %}{{ lost }} ${text("lost.many")}{% else %}${text("needs.none")}{% endif %}`,
  ].join("");
};

const IS_COUNTED = { condition: "numeric_state", above: 0 };

/** Condition of what counts hosts: while the broker is away, the counts are those of before. */
const whileConnected = ({ broker_connected: entity }) => (entity ? [{ condition: "state", entity, state: "on" }] : []);

const badgeOf = (entity, name, icon, color, conditions) =>
  entity && { type: "entity", entity, name, show_name: true, icon: `mdi:${icon}`, color, visibility: conditions.map((condition) => ({ entity, ...condition })) };

const homeBadges = (hass, bridge) => {
  const badge = (key, icon, color, conditions = [IS_COUNTED]) => badgeOf(bridge[key], t(hass, `board.badge.${key}`), icon, color, conditions);
  return [
    badge("alarms_active_critical", "alert-octagon", "red"),
    badge("alarms_active_warning", "alert", "orange"),
    badge("alarms_active", "bell-ring", "orange"),
    badge("hosts_lost", "server-off", "red", [IS_COUNTED, ...whileConnected(bridge)]),
    badge("hosts_online", "server", "blue-grey", whileConnected(bridge)),
  ].filter(Boolean);
};

/** Return the view of a new installation, whose empty cards explain themselves. */
const freshPage = ({ hass }) => ({
  header: header(t(hass, "first.title")),
  sections: [
    section(1, [heading("server", t(hass, "fleet.title")), { type: "custom:iotbridge-fleet-table" }]),
    section(1, [heading("leaf", t(hass, "board.view.things")), { type: "custom:iotbridge-readings-table" }]),
    section(1, [heading("bell-ring", t(hass, "board.alarms")), { type: "custom:iotbridge-alarm-list", show: "needs_you" }]),
  ],
});

/** Each graph is a subscription to the history. */
const MAX_GRAPHS = 8;

const deviceHeading = (hass, device, icon, style = {}) => heading(icon, deviceName(hass, device), [], { tap_action: navigateTo(devicePath(device.id)), ...style });

export const thingsPage = ({ hass, inventory, base }) => ({
  header: header(t(hass, "board.view.things")),
  sections: byArea(hass, inventory.things).map(([areaId, things]) => ({
    type: "grid",
    cards: [
      areaHeading(hass, areaId, base),
      ...things.map((thing) => deviceTile(hass, thing) ?? deviceHeading(hass, thing, "leaf-off", { heading_style: "subtitle" })),
    ],
  })),
});

export const areaPage = ({ hass, inventory, id }) => {
  const areaId = id === "none" ? null : id;
  let graphs = 0;
  const tileOf = (entity) => {
    const hasGraph = isMeasured(hass, entity) && graphs < MAX_GRAPHS;
    graphs += hasGraph;
    return tile(hass, entity, hasGraph ? { features: [{ type: "trend-graph" }] } : {});
  };
  const things = inventory.things.filter((thing) => areaOf(hass, thing) === areaId);
  const sections = things.map((thing) => ({ type: "grid", cards: [deviceHeading(hass, thing, "leaf"), ...readingsOfDevice(hass, thing).map(tileOf)] }));
  return { header: header(plain(hass.areas[areaId]?.name ?? t(hass, "readings.no_area"))), sections };
};

const positionOf = (hass, device) => Object.values(device.entities).find((id) => Number.isFinite(hass.states[id]?.attributes.latitude));

export const hasPosition = (hass, device) => positionOf(hass, device) !== undefined;

export const mapPage = ({ hass, inventory: { hosts, things } }) => {
  const entities = [...hosts, ...things].map((device) => positionOf(hass, device)).filter(Boolean);
  const tiles = entities.map((entity) => tile(hass, entity, { columns: "full", name: { type: "device" } }));
  return {
    header: header(t(hass, "board.map")),
    sections: [
      section(2, [{ type: "map", entities, auto_fit: true, grid_options: { columns: "full", rows: 12 } }]),
      section(1, [heading("crosshairs-gps", t(hass, "board.positions")), ...tiles]),
    ],
  };
};

/** Return the sensors of the power plans that the user may read. */
export const planEntities = ({ entities, states, user }) =>
  Object.values(entities)
    .filter(({ platform, translation_key: key, entity_id: id }) => platform === "iotbridge" && key === "plan_state" && (user?.is_admin || states[id]))
    .map(({ entity_id: id }) => id)
    .sort();

const WEEK_H = 168;
const BLOCKS = [
  { name: "now", icon: "pulse", keys: [/^cpu_percent$/, /^memory_percent$/, /^cpu_temperature$/, /^network_down/], hasGraphs: true },
  { name: "disks", icon: "harddisk", keys: [/^disk_percent/, /^swap_percent$/], columns: 12, features: { features: [{ type: "bar-gauge" }], features_position: "inline" } },
  { name: "checks", icon: "playlist-check", keys: [/^check_/, /^changed_/] },
  { name: "containers", icon: "docker", keys: [/^docker_/, /^health_/], features: { color: "blue-grey" } },
  { name: "services", icon: "cogs", keys: [/^systemd_/] },
  { name: "system", icon: "information-outline", keys: [/^boot_time$/, /^battery_/, /^ip$/, /^updates_/, /^reboot_required$/] },
];
const SEVERAL = [/^disk_percent/, /^docker_/, /^health_/, /^systemd_/];
const NO_BLOCK = /^(power_state|command|latency_.*)$/;

export const hostPage = ({ hass, inventory, id }) => {
  const host = inventory.hosts.find((candidate) => candidate.id === id);
  if (!host) return { header: header(t(hass, "board.gone")), sections: [] };
  const row = { id, host, name: deviceName(hass, host) };
  return { header: header(hostTitle(hass, row)), badges: hostBadges(host), sections: [mainSection(hass, row), sideSection(hass, row)] };
};

const hostTitle = (hass, { host, id }) => {
  const entity = host.entities.power_state;
  const state = hass.states[entity];
  const unknown = t(hass, "fleet.state.unknown");
  const words = Object.fromEntries((state?.attributes.options ?? []).map((option) => [option, hass.formatEntityState(state, option)]));
  const power = entity ? `{{ ${JSON.stringify(words)}.get(states('${entity}'), ${JSON.stringify(unknown)}) }}` : unknown;
  const { wake } = host.entities;
  const word = wake ? `{% if is_state_attr('${wake}', 'is_waking', true) %}${t(hass, "fleet.state.starting")}{% else %}${power}{% endif %}` : power;
  const place = [hass.devices[id]?.sw_version, hass.areas[areaOf(hass, host)]?.name].filter(Boolean).map(plain).join(" · ");
  return place ? `${word}\n${place}` : word;
};

const hostBadges = ({ entities }) => {
  const badge = (key, icon, condition) => badgeOf(entities[key], { type: "entity" }, icon, "orange", [condition]);
  return [badge("reboot_required", "restart-alert", { condition: "state", state: "on" }), badge("updates_security", "shield-alert", IS_COUNTED)].filter(Boolean);
};

const mainSection = (hass, { host, id }) => {
  const rest = new Set(Object.keys(host.entities).filter((key) => hass.entities[host.entities[key]] && !NO_BLOCK.test(key)));
  const cards = [{ type: "custom:iotbridge-alarm-list", show: "needs_you", device_id: id }];
  let graphs = 0;
  const names = shortNames(hass, host);
  const add = (name, icon, keys, { columns, features, hasGraphs } = {}) => {
    if (!keys.length) return;
    const refresh = { type: "button", icon: "mdi:refresh", text: t(hass, "fleet.menu.refresh"), tap_action: sendCommand(id, "status") };
    cards.push(heading(icon, t(hass, `board.block.${name}`), hasGraphs && host.commands.includes("status") ? [refresh] : []));
    for (const key of keys) {
      rest.delete(key);
      const graph = hasGraphs ? { features: graphs++ < MAX_GRAPHS ? [{ type: "trend-graph" }] : [] } : features;
      cards.push(tile(hass, host.entities[key], { columns, name: names[key], ...graph }));
    }
  };
  for (const { name, icon, keys, ...options } of BLOCKS) {
    const found = keys.flatMap((pattern) => [...rest].filter((key) => pattern.test(key)).sort());
    add(name, icon, found, options);
  }
  add("others", "dots-horizontal", [...rest].filter((key) => isReading(hass, host.entities[key])).sort());
  return section(2, cards);
};

/** Return names without what they have in common: "/data", not "Disk usage /data". */
const shortNames = (hass, { entities }) => {
  const names = {};
  const nameOf = (key) => hass.entities[entities[key]]?.name ?? "";
  for (const pattern of SEVERAL) {
    const keys = Object.keys(entities).filter((key) => pattern.test(key));
    if (keys.length < 2) continue;
    const [first, ...others] = keys.map(nameOf);
    let length = 0;
    while (length < first.length && others.every((name) => name[length] === first[length])) length += 1;
    const common = keys.some((key) => nameOf(key).length === length) ? `${first.slice(0, length)} ` : first.slice(0, first.lastIndexOf(" ", length - 1) + 1);
    for (const key of keys) if (nameOf(key).startsWith(common)) names[key] = nameOf(key).slice(common.length);
  }
  return names;
};

const sendCommand = (id, command) => {
  const [action, data] = actionOf(command);
  return { action: "perform-action", perform_action: `iotbridge.${action}`, target: { device_id: id }, data };
};

const sideSection = (hass, row) => {
  const { host, id } = row;
  const { power_state: power, command } = host.entities;
  const device = { type: "button", icon: "mdi:open-in-app", text: t(hass, "fleet.menu.device"), tap_action: navigateTo(devicePath(id)) };
  const cards = [heading("power", t(hass, "board.block.power"), [device])];
  if (power) {
    cards.push(tile(hass, power, { columns: "full", state_content: ["state", "last_changed"], icon: `mdi:${hostIcon(hass, host)}`, name: { type: "device" } }));
    cards.push(...commandTiles(hass, row, power));
    if (host.whoCan) cards.push({ type: "markdown", text_only: true, content: plain(refusal(hass, host)) });
  }
  if (command) {
    cards.push(heading("console-line", t(hass, "board.block.commands")));
    cards.push({ type: "logbook", target: { entity_id: [command] }, hours_to_show: WEEK_H, grid_options: { columns: "full", rows: 4 } });
  }
  if (power) {
    cards.push(heading("history", t(hass, "board.block.history")));
    cards.push({ type: "history-graph", entities: [{ entity: power }], hours_to_show: WEEK_H });
  }
  return section(1, cards);
};

/** Return the commands that are possible now, each with its question, and a tile while the host is being woken; never core's buttons. */
const commandTiles = (hass, row, entity) => {
  const none = { action: "none" };
  const { commands, entities: { wake } } = row.host;
  const waking = (condition) => (wake ? [{ condition: "state", entity: wake, attribute: "is_waking", ...condition }] : []);
  const tileOf = (name, icon, options) => ({
    type: "tile", entity, name, icon: `mdi:${icon}`, color: "blue-grey", hide_state: true, grid_options: { columns: 6 }, tap_action: none, icon_tap_action: none, ...options,
  });
  const commandTile = (command) => {
    const { title, text, confirm } = question(hass, row, command);
    return tileOf(confirm, POWER_ICONS[command] ?? CUSTOM_ICON, {
      tap_action: { ...sendCommand(row.id, command), confirmation: { title, text, confirm_text: confirm } },
      visibility: isStopping(command)
        ? [{ condition: "state", entity, state: "on" }]
        : [{ condition: "state", entity, state_not: AWAKE }, ...waking({ state_not: "true" })],
    });
  };
  return [
    ...commands.filter((command) => command !== "status").map(commandTile),
    ...(wake ? [tileOf(t(hass, "fleet.state.starting"), "progress-clock", { color: "light-blue", visibility: waking({ state: "true" }) })] : []),
  ];
};
