// First view: what is broken and what to do, what is silent, what is in maintenance; then hosts, then things by area.
import { areaOf, compareNames } from "./hosts.js";
import { areaHeading, deviceTile, header, heading, section } from "./page-parts.js";
import { t } from "./texts.js";

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
  const online = bridge.hosts_online ? [{ type: "entity", entity: bridge.hosts_online, icon: "mdi:check-circle" }] : [];
  const fleet = [heading("server", t(hass, "fleet.title"), online), { type: "custom:iotbridge-fleet-table", host_path: `${base}/host-{id}` }];
  return {
    header: header(sentence(hass, bridge)),
    badges: badges(hass, bridge),
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

/** Return areas with their things: areas in the order of their names, things without an area last. */
export const byArea = (hass, things) => {
  const name = (id) => hass.areas[id]?.name ?? "";
  return [...Map.groupBy(things, (thing) => areaOf(hass, thing))].sort(([a], [b]) => !a - !b || compareNames(name(a), name(b)));
};

/** Return the title as a template: how many things need somebody, else whether a host is lost. */
const sentence = (hass, bridge) => {
  const total = bridge.alarms_unacknowledged ?? SEVERITIES.map((severity) => bridge[`alarms_unacknowledged_${severity}`]);
  const count = (ids) => [ids].flat().filter(Boolean).map((id) => `states('${id}') | int(0)`).join(" + ") || 0;
  const text = (key) => t(hass, `board.${key}`);
  return [
    `{% set alarms = ${count(total)} %}{% set lost = ${count(bridge.hosts_lost)} %}`,
    `{% if alarms == 1 %}${text("needs.one")}{% elif alarms == 2 %}${text("needs.two")}{% elif alarms %}{{ alarms }} ${text("needs.many")}`,
    `{% elif lost == 1 %}${text("lost.one")}{% elif lost %}{{ lost }} ${text("lost.many")}{% else %}${text("needs.none")}{% endif %}`,
  ].join("");
};

const badges = (hass, bridge) => {
  const badge = (key, icon, color, isAlways = false) => {
    const entity = bridge[key];
    const visibility = isAlways ? [] : [{ condition: "numeric_state", entity, above: 0 }];
    return entity && { type: "entity", entity, name: t(hass, `board.badge.${key}`), show_name: true, icon: `mdi:${icon}`, color, visibility };
  };
  return [
    badge("alarms_active_critical", "alert-octagon", "red"),
    badge("alarms_active_warning", "alert", "orange"),
    badge("alarms_active", "bell-ring", "orange"),
    badge("hosts_lost", "server-off", "red"),
    badge("hosts_online", "server", "blue-grey", true),
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
