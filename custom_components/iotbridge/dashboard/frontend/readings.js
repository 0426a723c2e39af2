// Readings as rows: names, places and values of the entities of hosts and things.
import { areaOf, byNumber, compareNames, deviceName } from "./hosts.js";

const DOMAINS = new Set(["sensor", "binary_sensor", "switch", "device_tracker", "event"]);
const QUIET = new Set(["snoozed", "suppressed", "out_of_service"]);
const SEVERITIES = ["info", "warning", "critical"];

/** Return the rows of an inventory, of one area or of all. */
export const readingRows = (hass, { hosts, things }, onlyArea = null) => {
  const rows = [];
  for (const device of [...hosts, ...things]) {
    const area = areaOf(hass, device);
    for (const entityId of Object.values(device.entities)) {
      const areaId = hass.entities[entityId]?.area_id ?? area;
      const isWanted = DOMAINS.has(entityId.split(".", 1)[0]) && (!onlyArea || areaId === onlyArea);
      if (isWanted) rows.push(readingRow(hass, device, entityId, areaId));
    }
  }
  return rows;
};

const readingRow = (hass, device, entityId, areaId) => {
  const row = { id: device.ids[entityId], entityId, deviceId: device.id, areaId, device: deviceName(hass, device) };
  row.area = hass.areas[areaId]?.name ?? "";
  row.name = nameOf(hass, entityId, row.device);
  row.text = `${row.name} ${row.device} ${row.area}`.toLowerCase();
  return row;
};

/** Return the name of an entity without that of its device, which has a column of its own. */
const nameOf = (hass, entityId, device) => {
  const name = hass.entities[entityId]?.name ?? hass.states[entityId]?.attributes.friendly_name ?? entityId;
  return name.startsWith(`${device} `) ? name.slice(device.length + 1) : name;
};

/** Return the worst alarm of each entity. */
export const alarmsByEntity = (alarms) => {
  const byEntity = new Map();
  for (const alarm of alarms) {
    const known = byEntity.get(alarm.entity_id);
    if (alarm.entity_id && (!known || urgency(alarm) > urgency(known))) byEntity.set(alarm.entity_id, alarm);
  }
  return byEntity;
};

export const isQuiet = ({ state }) => QUIET.has(state);
const urgency = (alarm) => (isQuiet(alarm) ? 0 : 10) + SEVERITIES.indexOf(alarm.severity);

/** Return the comparison of two rows by a column. */
export const orderOf = (hass, column, sign) => {
  const state = (row) => hass.states[row.entityId];
  const byName = (a, b) => compareNames(a.name, b.name) || compareNames(a.device, b.device);
  if (column === "device") return (a, b) => sign * compareNames(a.device, b.device) || byName(a, b);
  if (column === "value") return byNumber((row) => parseFloat(state(row)?.state), sign, byName);
  if (column === "changed") return byNumber((row) => -Date.parse(state(row)?.last_changed), sign, byName);
  return (a, b) => sign * byName(a, b);
};
