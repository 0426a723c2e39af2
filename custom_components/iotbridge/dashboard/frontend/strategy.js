// Dashboard that builds itself, from registries, states and the inventory.
import { areaOf, deviceName } from "./hosts.js";
import { areaPage, hasPosition, header, heading, hostPage, mapPage, nowPage, planEntities, section, thingsPage } from "./pages.js";
import { inventoryOf, loadInventory } from "./stores.js";
import { loadTexts, t } from "./texts.js";

export const STRATEGY = "custom:iotbridge";
export const OPTIONAL = ["things", "map", "readings", "history", "plans"];

const ICONS = { now: "pulse", things: "leaf", map: "map", readings: "table-large", history: "history", plans: "chart-timeline-variant" };

const readingsPage = ({ hass }) => ({
  header: header(t(hass, "board.view.readings")),
  sections: [section(3, [{ type: "custom:iotbridge-readings-table" }])],
});

const historyPage = ({ hass }) => ({
  header: header(t(hass, "board.history")),
  sections: [section(3, [{ type: "custom:iotbridge-alarm-list", show: "history" }])],
});

const awayPage = ({ hass }) => ({ header: header(t(hass, "board.not_running")), sections: [] });

const PAGES = { now: nowPage, things: thingsPage, map: mapPage, host: hostPage, area: areaPage, readings: readingsPage, history: historyPage, plans: async (context) => (await import("./plan-page.js")).plansPage(context) };

const currentBase = () => `/${location.pathname.split("/")[1]}`;

export const isKnown = (hass) => inventoryOf(hass).value !== null;

const prepare = async (hass) => {
  const [inventory] = await Promise.all([loadInventory(hass), loadTexts(hass)]);
  return inventory;
};

export const generateDashboard = async (config, hass) => dashboard(config, hass, await prepare(hass), currentBase());

/** Return the dashboard; each of its views is built when it is opened. */
export const dashboard = (config, hass, inventory, base) => {
  const { hosts, things } = inventory ?? { hosts: [], things: [] };
  const devices = [...hosts, ...things];
  const exists = {
    now: true,
    things: things.length,
    map: devices.some((device) => hasPosition(hass, device)),
    readings: devices.length,
    history: devices.length,
    plans: planEntities(hass).length,
  };
  const names = Object.keys(exists).filter((name) => exists[name] && !config.hidden_views?.includes(name));
  const page = (name, id) => ({ strategy: { type: STRATEGY, page: name, base, id } });
  const view = (name) => ({ title: t(hass, `board.view.${name}`), path: name, icon: `mdi:${ICONS[name]}`, show_icon_and_title: true, ...page(name) });
  const subview = (name, id, title, back) => ({ title, path: `${name}-${id}`, subview: true, back_path: `${base}/${back}`, ...page(name, id) });
  const areas = [...new Set(things.map((thing) => areaOf(hass, thing)))];
  return {
    views: [
      ...names.map(view),
      ...hosts.map((host) => subview("host", host.id, deviceName(hass, host), "now")),
      ...areas.map((id) => subview("area", id ?? "none", hass.areas[id]?.name ?? t(hass, "readings.no_area"), "now")),
    ],
  };
};

export const generateView = async ({ page, id, base }, hass) => {
  const inventory = await prepare(hass);
  const built = await (inventory ? (PAGES[page] ?? nowPage) : awayPage)({ hass, inventory, id, base: base ?? currentBase() });
  return { type: "sections", max_columns: 3, ...built };
};

export const generateSection = async (kind, { area_id: areaId }, hass) => {
  await loadTexts(hass);
  const area = areaId ? { area_id: areaId } : {};
  const cards = {
    alarms: [{ type: "custom:iotbridge-alarm-list", show: "needs_you", heading: true, ...area }],
    hosts: [heading("server", t(hass, "fleet.title")), { type: "custom:iotbridge-fleet-table", ...area }],
    readings: [heading("table-large", t(hass, "readings.title")), { type: "custom:iotbridge-readings-table", ...area }],
  };
  return section(1, cards[kind]);
};
