// Page of a host: alarms, history, disks, containers, checks, power and the last commands.
import { CUSTOM_ICON, POWER_ICONS, question } from "./fleet-menu.js";
import { areaOf, deviceName, hostIcon } from "./hosts.js";
import { devicePath, header, heading, isReading, navigateTo, plain, section, tile } from "./page-parts.js";
import { MAX_GRAPHS } from "./pages-things.js";
import { t } from "./texts.js";

const WEEK_H = 168;
/** Blocks of the page, with the keys of their readings in order. */
const BLOCKS = [
  { name: "now", icon: "pulse", keys: [/^cpu_percent$/, /^memory_percent$/, /^cpu_temperature$/, /^network_down/], hasGraphs: true },
  { name: "disks", icon: "harddisk", keys: [/^disk_percent/, /^swap_percent$/], columns: 12, features: { features: [{ type: "bar-gauge" }], features_position: "inline" } },
  { name: "checks", icon: "playlist-check", keys: [/^check_/, /^changed_/] },
  { name: "containers", icon: "docker", keys: [/^docker_/, /^health_/], features: { color: "blue-grey" } },
  { name: "services", icon: "cogs", keys: [/^systemd_/] },
  { name: "system", icon: "information-outline", keys: [/^boot_time$/, /^battery_/, /^ip$/, /^updates_/, /^reboot_required$/] },
];
/** Readings of which a host may have several. */
const SEVERAL = [/^disk_percent/, /^docker_/, /^health_/, /^systemd_/];
const NO_BLOCK = /^(power_state|command|latency_.*)$/;

export const hostPage = ({ hass, inventory, id }) => {
  const host = inventory.hosts.find((candidate) => candidate.id === id);
  if (!host) return { header: header(t(hass, "board.gone")), sections: [] };
  const row = { id, host, name: deviceName(hass, host) };
  return { header: header(sentence(hass, row)), badges: badges(host), sections: [mainSection(hass, row), sideSection(hass, row)] };
};

/** Return the title as a template: the power state in the user's language; below it the system and the area. */
const sentence = (hass, { host, id }) => {
  const entity = host.entities.power_state;
  const state = hass.states[entity];
  const unknown = t(hass, "fleet.state.unknown");
  const words = Object.fromEntries((state?.attributes.options ?? []).map((option) => [option, hass.formatEntityState(state, option)]));
  const word = entity ? `{{ ${JSON.stringify(words)}.get(states('${entity}'), ${JSON.stringify(unknown)}) }}` : unknown;
  const place = [hass.devices[id]?.sw_version, hass.areas[areaOf(hass, host)]?.name].filter(Boolean).map(plain).join(" · ");
  return place ? `${word}\n${place}` : word;
};

const badges = ({ entities }) => {
  const badge = (key, icon, condition) => {
    const entity = entities[key];
    const visibility = [{ entity, ...condition }];
    return entity && { type: "entity", entity, name: { type: "entity" }, show_name: true, icon: `mdi:${icon}`, color: "orange", visibility };
  };
  return [
    badge("reboot_required", "restart-alert", { condition: "state", state: "on" }),
    badge("updates_security", "shield-alert", { condition: "numeric_state", above: 0 }),
  ].filter(Boolean);
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

const sendCommand = (id, command) => ({ action: "perform-action", perform_action: "iotbridge.send_command", target: { device_id: id }, data: { command } });

const sideSection = (hass, row) => {
  const { host, id } = row;
  const { power_state: power, command } = host.entities;
  const device = { type: "button", icon: "mdi:open-in-app", text: t(hass, "fleet.menu.device"), tap_action: navigateTo(devicePath(id)) };
  const cards = [heading("power", t(hass, "board.block.power"), [device])];
  if (power) {
    cards.push(tile(hass, power, { columns: "full", state_content: ["state", "last_changed"], icon: `mdi:${hostIcon(hass, host)}`, name: { type: "device" } }));
    cards.push(...commandTiles(hass, row, power));
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

/** Return the tiles of the commands that the host's agent permits, each with its question; never core's buttons. */
const commandTiles = (hass, row, entity) =>
  row.host.commands
    .filter((command) => command !== "status")
    .map((command) => {
      const { title, text, confirm } = question(hass, row, command);
      return {
        type: "tile",
        entity,
        name: confirm,
        icon: `mdi:${POWER_ICONS[command] ?? CUSTOM_ICON}`,
        color: "blue-grey",
        hide_state: true,
        grid_options: { columns: 6 },
        tap_action: { ...sendCommand(row.id, command), confirmation: { title, text, confirm_text: confirm } },
        icon_tap_action: { action: "none" },
      };
    });
