// Parts of the views: headers, headings and tiles of Home Assistant.
import { t } from "./texts.js";

const SHOWN = new Set(["sensor", "binary_sensor", "switch", "device_tracker", "event"]);
const NOT_READINGS = new Set(["config", "diagnostic"]);
/** What one wants to know of a device, first things first. */
const TELLING = [
  "moisture", "smoke", "gas", "co2", "carbon_dioxide", "pm25", "temperature", "humidity", "power", "water", "energy", "opening", "door",
  "window", "motion", "occupancy", "illuminance", "distance", "speed", "wind_speed", "precipitation", "pressure", "voltage",
];
const LAST = new Set(["battery", "signal_strength", "timestamp", "duration"]);

/** Return a text without the signs of markdown and templates. */
export const plain = (text) => text.replace(/[^\p{L}\p{N} .,:/-]/gu, " ");

/** Return the header of a view; the text is a template. */
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

export const navigateTo = (path) => ({ action: "navigate", navigation_path: path });

export const devicePath = (id) => `/config/devices/device/${id}`;

export const areaHeading = (hass, areaId, base) => {
  const { name, icon, temperature_entity_id: sensor } = hass.areas[areaId] ?? {};
  const badges = hass.states[sensor] ? [{ type: "entity", entity: sensor }] : [];
  const options = { tap_action: navigateTo(`${base}/area-${areaId ?? "none"}`), icon: icon ?? "mdi:home-outline" };
  return heading("", name ?? t(hass, "readings.no_area"), badges, options);
};

export const isReading = (hass, entityId) => {
  const entity = hass.entities[entityId];
  return entity && SHOWN.has(entityId.split(".", 1)[0]) && !entity.hidden && !NOT_READINGS.has(entity.entity_category);
};

/** Return the readings of a device, the most telling first. */
export const readingsOfDevice = (hass, device) =>
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
export const isMeasured = (hass, id) => hass.states[id]?.attributes.state_class === "measurement";

/** Return the tile of a reading; a percentage has a bar unless `options` have other features. */
export const tile = (hass, entity, { columns = 6, name = { type: "entity" }, ...options } = {}) => ({
  type: "tile",
  entity,
  name,
  grid_options: { columns },
  ...(isShare(hass, entity) ? { features: [{ type: "bar-gauge" }] } : {}),
  ...options,
});

/** Return the tile of a device: its most telling reading under its own name. */
export const deviceTile = (hass, device) => {
  const [entity] = readingsOfDevice(hass, device);
  return entity ? tile(hass, entity, { name: { type: "device" } }) : null;
};
