// Hosts as rows of the fleet table: state, meters with their limits, and the order "worst first".
import { isQuiet, severityOf } from "./alarms.js";

export const METERS = {
  cpu: { keys: /^cpu_percent$/, limits: [90, 97] },
  memory: { keys: /^memory_percent$/, limits: [90, 97] },
  disk: { keys: /^disk_percent(_.+)?$/, limits: [90, 95] },
  temperature: { keys: /^cpu_temperature$/, limits: [75, 90] },
};

/** Icon and rank of each power state; an alarm moves a host that is on further up. */
export const STATES = {
  lost: { icon: "alert-octagon", rank: 0 },
  rebooting: { icon: "restart", rank: 3 },
  shutting_down: { icon: "power", rank: 3 },
  starting: { icon: "restart", rank: 3 },
  on: { icon: "check-circle", rank: 4 },
  unknown: { icon: "help-circle-outline", rank: 5 },
  suspended: { icon: "power-sleep", rank: 6 },
  off: { icon: "power", rank: 7 },
};
export const AWAKE = ["on", "rebooting", "shutting_down"];
const MAINTENANCE_RANK = 5;
const SEVERITY_RANKS = { critical: 1, warning: 2 };
const ICONS = [
  [/raspberry/i, "raspberry-pi"],
  [/synology|qnap|diskstation|truenas|\bnas\b/i, "nas"],
  [/laptop|notebook|thinkpad|macbook/i, "laptop"],
  [/desktop|tower|workstation|imac|optiplex|\bpc\b/i, "desktop-tower-monitor"],
  [/router|openwrt|fritz/i, "router-wireless"],
];

const DOMAINS = new Set(["sensor", "binary_sensor", "switch", "device_tracker", "event"]);

export const isOfReadings = (entityId) => DOMAINS.has(entityId.split(".", 1)[0]);

export const isKnownState = (state) => state !== undefined && state !== "unknown" && state !== "unavailable";

export const deviceName = (hass, { id }) => hass.devices[id]?.name_by_user ?? hass.devices[id]?.name ?? "";

export const hostIcon = (hass, host) => {
  if (host.entities.battery_percent) return "laptop";
  const { model, manufacturer } = hass.devices[host.id] ?? {};
  const text = [model, manufacturer, deviceName(hass, host)].filter(Boolean).join(" ");
  return ICONS.find(([pattern]) => pattern.test(text))?.[1] ?? "server";
};

export const areaOf = (hass, device) =>
  hass.devices[device.id]?.area_id ??
  Object.values(device.entities)
    .map((id) => hass.entities[id]?.area_id)
    .find(Boolean) ??
  null;

const entitiesOf = (host, { keys }) => Object.keys(host.entities).filter((key) => keys.test(key)).map((key) => host.entities[key]);

/** Return a meter: of several disks, the one that is nearest to its limit. */
const meter = (hass, entityIds, { limits }, limitsOfAlarms = new Map()) => {
  let nearest = null;
  for (const id of entityIds) {
    const state = hass.states[id];
    const value = state?.state ? Number(state.state) : NaN;
    if (!Number.isFinite(value)) continue;
    const unit = state.attributes.unit_of_measurement ?? "%";
    const isFahrenheit = unit === "°F";
    const usual = isFahrenheit ? limits.map((limit) => limit * 1.8 + 32) : limits;
    const [warning, critical] = limitsOfAlarms.get(id) ?? usual;
    if (nearest && value / warning <= nearest.value / nearest.warning) continue;
    const level = value >= critical ? "crit" : value >= warning ? "warn" : "";
    nearest = { value, unit, warning, scale: isFahrenheit ? 212 : 100, level };
  }
  return nearest;
};

export const canBeWoken = (state) => !AWAKE.includes(state);

let nextVersion = 1;

export class HostRow {
  version = 0;
  states = [];
  values = {};

  constructor(host) {
    Object.assign(this, { id: host.id, host });
    this.meters = Object.entries(METERS).map(([name, kind]) => [name, kind, entitiesOf(host, kind)]);
    const { power_state: power, boot_time: boot, reboot_required: reboot, wake } = host.entities;
    this.watched = [power, boot, reboot, wake, ...this.meters.flatMap(([, , ids]) => ids)];
  }

  read(hass, { byDevice: alarms, limits }) {
    const states = this.watched.map((id) => hass.states[id]);
    const [name, alarm] = [deviceName(hass, this), alarms.get(this.id)];
    const isSame = this.version && name === this.name && alarm === this.alarm && states.every((state, index) => state === this.states[index]);
    if (isSame) return false;
    Object.assign(this, { states, name, alarm });
    const power = states[0]?.state in STATES ? states[0].state : "unknown";
    this.state = canBeWoken(power) && states[3]?.attributes.is_waking ? "starting" : power;
    // A host that is not on keeps the values that it had.
    const before = this.state === "on" ? {} : this.values;
    this.values = Object.fromEntries(this.meters.map(([meterName, kind, ids]) => [meterName, meter(hass, ids, kind, limits) ?? before[meterName]]));
    this.version = nextVersion++;
    const values = Object.values(this.values);
    this.isAway = this.state === "off" || this.state === "suspended";
    this.isQuiet = this.isAway || values.every((value) => !value);
    this.rank = STATES[this.state].rank;
    if (this.state === "on") {
      const isOver = values.some((value) => value?.level);
      this.rank = SEVERITY_RANKS[alarm?.severity] ?? (isOver ? SEVERITY_RANKS.warning : alarm?.isInMaintenance ? MAINTENANCE_RANK : this.rank);
    }
    this.isTrouble = this.rank <= SEVERITY_RANKS.warning;
    return true;
  }
}

/**
 * Return by device the worst open alarm, the number that it explains and whether it is in maintenance, and by entity the
 * limits that count instead of the usual ones.
 */
export const alarmsOfHosts = (rows) => {
  const [byDevice, limits] = [new Map(), new Map()];
  for (const row of rows) {
    const { device_id: id, entity_id: entityId, state, severity, suppressed = [], children = [], side, limit, worse_limit: worse } = row;
    if (side === "above" && limit !== null) limits.set(entityId, [limit, severity === "critical" ? limit : (worse ?? Infinity)]);
    if (!id) continue;
    const known = byDevice.get(id) ?? { severity: null, behind: 0, isInMaintenance: false };
    known.isInMaintenance ||= suppressed.some(({ reason }) => reason === "maintenance" || reason === "window");
    if (!isQuiet(row)) {
      known.behind += children.length;
      const isWorse = severityOf(row) > severityOf(known);
      if (isWorse && state !== "returned_unacknowledged") known.severity = severity;
    }
    byDevice.set(id, known);
  }
  return { byDevice, limits };
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
export const compareNames = (a, b) => collator.compare(a, b);

const NUMBERS = {
  ...Object.fromEntries(Object.keys(METERS).map((name) => [name, (row) => row.values[name]?.value])),
  up: (row) => (row.state === "on" ? -Date.parse(row.states[1]?.state) : NaN),
  seen: (row) => row.seen,
};

/** Sort by a column; what is not known comes last in both directions. */
export const sorted = (rows, column, sign) => {
  const byName = (a, b) => compareNames(a.name, b.name);
  const number = NUMBERS[column];
  if (number) return [...rows].sort(byNumber(number, sign, byName));
  if (column === "name") return [...rows].sort((a, b) => sign * byName(a, b));
  return [...rows].sort((a, b) => a.rank - b.rank || byName(a, b));
};

export const byNumber = (number, sign, otherwise) => (a, b) => {
  const [first, second] = [number(a) ?? NaN, number(b) ?? NaN];
  return Number.isNaN(first) - Number.isNaN(second) || sign * (first - second) || otherwise(a, b);
};
