// Views of things: all by area, one area with everything in it, and a map of what has a position.
import { areaOf, deviceName } from "./hosts.js";
import { byArea } from "./page-now.js";
import { areaHeading, devicePath, deviceTile, header, heading, isMeasured, navigateTo, plain, readingsOfDevice, section, tile } from "./page-parts.js";
import { t } from "./texts.js";

/** Each graph is a subscription to the history. */
export const MAX_GRAPHS = 8;

/** Return the heading of a device, which leads to its page. */
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
